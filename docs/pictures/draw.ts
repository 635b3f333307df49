/**
 * The pictures of the guide. Each runs a pipeline on the direct runner and draws what came of it, so that a picture
 * cannot say what the code does not do. `npm run generate:pictures` writes them.
 */
import { panesPicture } from './panes.js';
import { windowsPicture } from './windows.js';

/** By file name. */
export const PICTURES: { readonly [file: string]: () => Promise<string> } = {
  'windows.svg': windowsPicture,
  'panes.svg': panesPicture,
};
