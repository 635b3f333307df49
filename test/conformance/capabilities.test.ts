import { expect, it } from 'vitest';
import { capabilitiesPage } from './capabilities.js';

it('is what docs/capabilities.md says (npm run generate:capabilities writes it)', async () => {
  await expect(capabilitiesPage()).toMatchFileSnapshot('../../docs/capabilities.md');
});
