/** No key is selected. */
export const NO_ROW = -1;

/** What the cells of a step stand for at the moment, in the table that they were told to use. */
export class Selection {
  row = NO_ROW;
  /** The row may hold nothing any more. */
  isSuspect = false;
  /** Processing time, as far as it was looked at. */
  now = 0;
}
