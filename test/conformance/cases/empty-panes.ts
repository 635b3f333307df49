import { afterCount, afterWatermark, fixedWindows, repeatedly } from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, numbers, panes, sizes } from '../shapes/panes.js';

export const emptyPaneOnTime = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { onTimeBehavior: 'FIRE_ALWAYS' });
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '0 ON_TIME 2/0 last',
  ]);
});

export const emptyPaneOnTimeThatAccumulates = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(2) }), {
    onTimeBehavior: 'FIRE_ALWAYS',
    accumulation: 'accumulating',
  });
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '4 EARLY 1/-1',
    '4 ON_TIME 2/0 last',
  ]);
});

export const noEmptyPaneOnTime = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(2) }));
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder(['2 EARLY 0/-1 first', '2 EARLY 1/-1']);
});

export const emptyPaneAtTheClose = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { closingBehavior: 'EMIT_ALWAYS', allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 2), options)).containsInAnyOrder(['2 EARLY 0/-1 first', '0 ON_TIME 1/0 last']);
});

export const emptyPaneOfACombine = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { onTimeBehavior: 'FIRE_ALWAYS' });
  const counts = numbers(p, 2)
    .windowInto(fixedWindows(10), options)
    .keyBy(() => 'k')
    .countPerKey();
  PAssert.that(panes(counts.map(({ value }) => value))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '0 ON_TIME 1/0 last',
  ]);
});
