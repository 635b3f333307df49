import {
  type BoundedWindow,
  type DoFn,
  GlobalWindow,
  MIN_TIMESTAMP,
  type PCollection,
  type ProcessContext,
} from 'millrace';

/** `[start,end)`, with the id of a window that has one: `[0,10)#a`. */
export function boundsOf({ start, end, id }: BoundedWindow): string {
  return `[${start},${end})${id === undefined ? '' : `#${id}`}`;
}

class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { timestamp, window } = context;
    const at = timestamp === MIN_TIMESTAMP ? 'min' : timestamp;
    context.output(`${String(element)}@${at}${window === GlobalWindow.INSTANCE ? 'global' : boundsOf(window)}`);
  }
}

/** Says where elements stand: `value@timestamp[start,end)`. */
export const where = (elements: PCollection<unknown>): PCollection<string> => elements.parDo(() => new Where());
