import {
  asIterable,
  type BoundedWindow,
  buildPlan,
  customWindows,
  definePipeline,
  fixedWindows,
  IntervalWindow,
  NO_FIRING_PANE,
  ON_TIME_AND_ONLY_PANE,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { LocalChannel } from '#millrace/runners/dataflow/channel.js';
import { planToGraph } from '#millrace/runners/dataflow/index.js';
import { kernelHost } from '#millrace/runners/dataflow/kernel-host.js';
import { MetricsRegistry } from '#millrace/runners/dataflow/metrics-registry.js';
import { withViews } from '#millrace/runners/dataflow/side-input-plan.js';
import { type SideInputs, sideInputsMaker } from '#millrace/runners/dataflow/side-inputs.js';
import { Batch, type SideInputSource, takeSnapshot } from '#millrace/runners/kernel/index.js';

const tenOf = (instant: number): IntervalWindow => {
  const start = Math.floor(instant / 10) * 10;
  return new IntervalWindow(start, start + 10);
};

/** Tens; a window of the main input sees the one so long before its own. */
class Before implements WindowFn<unknown> {
  readonly sideInputLookbackMs: number;
  constructor(private readonly ms: number) {
    this.sideInputLookbackMs = ms;
  }
  assign(_element: unknown, timestamp: number): BoundedWindow {
    return tenOf(timestamp);
  }
  sideInputWindow({ maxTimestamp }: BoundedWindow): BoundedWindow {
    return tenOf(maxTimestamp - this.ms);
  }
}

/** The gate of a step with a side input in these windows, as the dataflow makes it, and its channels. */
function gateOf(windowFn: WindowFnDescriptor, allowedLateness: number) {
  const definition = definePipeline({
    name: 'lookback',
    build(p) {
      const side = p.create('side', ['x']).windowInto('side windows', windowFn);
      p.create('main', ['a'])
        .windowInto('main windows', fixedWindows(10), { allowedLateness, accumulation: 'discarding' })
        .parDo('see', () => ({ process() {} }), { sideInputs: { side: asIterable(side) } });
    },
  });
  const { plan: built, resolver } = buildPlan(definition, { inline: true });
  const plan = withViews(built);
  const host = kernelHost({
    plan,
    resolver,
    metrics: new MetricsRegistry(),
    log() {},
    signal: new AbortController().signal,
  });
  const operator = planToGraph(plan).operators.find(({ steps }) => steps[0]?.transform.uniqueName === 'see')!;
  const channel = () =>
    new LocalChannel(
      () => {},
      () => {},
    );
  const [main, side] = [channel(), channel()];
  const make = sideInputsMaker({
    plan,
    host,
    operator,
    main: [main],
    sides: new Map([['side', [side]]]),
    keyed: false,
  });
  return { ...make(), main, side };
}

function windowsKept(gate: SideInputs['gate']): number {
  return takeSnapshot({ snapshot: (to) => gate.snapshot!(to) }).parts.find(({ name }) => name === 'side-input:side')!
    .entries.length;
}

/** What an element of each ten sees; contents and time come ten by ten. */
function* streamThrough({ gate, views, main, side }: ReturnType<typeof gateOf>, tens: number) {
  const take = (): string[] => {
    const seen: string[] = [];
    for (let frame = gate.take(); frame !== undefined; frame = gate.take()) {
      if (frame instanceof Batch) seen.push(...seenBy(frame, views));
      else if (frame.kind === 'watermark') gate.handedOn!(frame.timestamp);
    }
    return seen;
  };
  for (let n = 0; n < tens; n++) {
    const window = tenOf(n * 10);
    const contents = new Batch(true);
    contents.keys![0] = null;
    contents.append([`${n}`], window.maxTimestamp, window, ON_TIME_AND_ONLY_PANE);
    side.accept(contents);
    side.mark({ kind: 'watermark', timestamp: window.end });
    const element = new Batch(false);
    element.append(n, window.start, window, NO_FIRING_PANE);
    main.accept(element);
    main.mark({ kind: 'watermark', timestamp: window.end });
    yield take();
  }
}

function seenBy(batch: Batch, views: SideInputSource): string[] {
  return Array.from({ length: batch.length }, (_, i) => {
    const view = views.view('side', batch.windowsAt(i) as BoundedWindow) as Iterable<unknown>;
    return `${batch.valueAt(i)} sees ${[...view].join()}`;
  });
}

describe('the windows of a side input', () => {
  it.each<[string, WindowFnDescriptor, number, number, number]>([
    ['fixed', fixedWindows(10), 0, 0, 1],
    ['fixed, beside a main input with lateness', fixedWindows(10), 0, 30, 4],
    ['of the author', customWindows(() => new Before(0)), 0, 0, 1],
    ['of the author, one back', customWindows(() => new Before(10)), 1, 0, 2],
    ['of the author, three back', customWindows(() => new Before(30)), 3, 0, 4],
    ['of the author, three back, with lateness', customWindows(() => new Before(30)), 3, 20, 6],
  ])('are kept as long as one of the main input can see them: %s', (_what, windowFn, back, lateness, kept) => {
    const parts = gateOf(windowFn, lateness);
    let n = 0;
    for (const seen of streamThrough(parts, 500)) {
      expect(seen).toEqual([`${n} sees ${n < back ? '' : n - back}`]);
      expect(windowsKept(parts.gate)).toBeLessThanOrEqual(kept);
      n++;
    }
    expect(n).toBe(500);
  });
});
