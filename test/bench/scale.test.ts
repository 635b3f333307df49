import { describe, it } from 'vitest';
import { AXES, runAxis } from './scale-axes.js';

describe('the axes along which costs are measured', () => {
  it.each(Object.entries(AXES))('%s runs to its end', async (_name, axis) => {
    await runAxis(axis, axis.sizes[0]!);
  });
});
