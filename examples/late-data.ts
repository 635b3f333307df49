/** Orders that arrive out of order, counted while they come: early, on time, and again when more of them come late. */
import {
  afterCount,
  afterWatermark,
  count,
  definePipeline,
  fixedWindows,
  type ManualWatermarkEstimator,
  manualWatermark,
  type OffsetRange,
  OffsetRangeTracker,
  option,
  type RestrictionClaims,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  seconds,
  splittable,
} from 'millrace';
import { writeToConsole } from 'millrace/console';

/** An order was made at one time, and is heard of at another one. */
interface Order {
  readonly id: number;
  readonly madeAt: number;
  readonly heardAt: number;
}

const BEGIN = Date.parse('2026-01-01T06:00:00Z');

/** What the source says of its orders: that none is longer on its way than this. Some are nevertheless. */
const USUALLY = seconds(5);

export default definePipeline({
  name: 'late-data',
  options: {
    orders: option.integer({ description: 'how many orders there are, one made each second', default: 90 }),
    pace: option.duration({ description: 'the wait between two arrivals', default: 20 }),
    window: option.duration({ description: 'length of a window', default: seconds(30) }),
    lateness: option.duration({ description: 'how long a window takes late orders', default: seconds(60) }),
  },
  build(p, { orders, pace, window, lateness }) {
    p.read('orders', () => splittable(new Arrivals(pace)), orders)
      .windowInto('half minutes', fixedWindows(window), {
        trigger: afterWatermark({ early: afterCount(10), late: afterCount(1) }),
        allowedLateness: lateness,
        accumulation: 'accumulating',
      })
      .combineGlobally('count', count())
      .apply(
        'print',
        writeToConsole({
          format: (orders, { window: { start }, pane }) =>
            `${timeOfDay(start)}  ${pane.timing.toLowerCase().replace('_', ' ').padEnd(7)}  ${orders} orders`,
        }),
      );
  },
});

/** Stands for a queue: hands out one order after the other as they are heard of, and says how far time has come. */
class Arrivals implements SplittableFn<number, Order, OffsetRange, number, ManualWatermarkEstimator> {
  readonly watermarkEstimator = manualWatermark();

  constructor(private readonly paceMs: number) {}

  initialRestriction(orders: number): OffsetRange {
    return { from: 0, to: orders };
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  // biome-ignore lint/correctness/useYield: an arrival is all of the work until the next one, so it returns instead.
  *process(
    orders: number,
    claims: RestrictionClaims<OffsetRange, number>,
    context: SplittableContext<Order, ManualWatermarkEstimator>,
  ): SplittableWork {
    const { from } = claims.currentRestriction();
    const order = inOrderOfArrival(orders)[from];
    if (order === undefined || !claims.tryClaim(from)) return;
    context.output(order, order.madeAt);
    context.watermarkEstimator.setWatermark(order.heardAt - USUALLY);
    if (from + 1 < orders) return resumeAfter(this.paceMs);
  }
}

/** Most orders take no time worth mentioning; every ninth is heard of much later, and a few when nobody asks any more. */
function inOrderOfArrival(orders: number): Order[] {
  const onTheWay = (id: number): number => (id === 7 ? 150 : id % 9 === 4 ? 40 : id % 4);
  return Array.from({ length: orders }, (_, id) => {
    const madeAt = BEGIN + seconds(id);
    return { id, madeAt, heardAt: madeAt + seconds(onTheWay(id)) };
  }).sort((a, b) => a.heardAt - b.heardAt || a.id - b.id);
}

/** 06:00:30, of an instant in UTC. */
function timeOfDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 19);
}
