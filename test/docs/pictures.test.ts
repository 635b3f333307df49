import { expect, it } from 'vitest';
import { PICTURES } from '../../docs/pictures/draw.js';

it.each(Object.entries(PICTURES))(
  '%s shows what pipelines do (npm run generate:pictures draws it)',
  async (file, draw) => {
    await expect(await draw()).toMatchFileSnapshot(`../../docs/pictures/${file}`);
  },
);
