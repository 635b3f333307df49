/** Watches sensors: says when a reading is far from what its sensor reads otherwise, and when a sensor has fallen silent. */
import {
  type DoFn,
  definePipeline,
  eventTimer,
  type KV,
  option,
  type ProcessContext,
  seconds,
  type TimerContext,
  valueState,
} from 'millrace';
import { double, int64, row, rowCoder } from 'millrace/coders';
import { writeToConsole } from 'millrace/console';
import { readText, writeText } from 'millrace/text';

interface Reading {
  readonly time: number;
  readonly value: number;
}

/** What is known of a sensor: enough for the mean and the deviation of all that it has read (Welford, 1962). */
const usual = row({ count: int64(), mean: double(), squares: double() });

const watching = {
  state: { usual: valueState({ coder: rowCoder(usual) }) },
  timers: { silence: eventTimer() },
  requiresTimeSortedInput: true,
} as const;

/** Readings that a sensor must have before one of them can be unusual. */
const ENOUGH = 5;

class Watch implements DoFn<KV<string, Reading>, string, typeof watching> {
  constructor(
    private readonly deviations: number,
    private readonly silenceMs: number,
  ) {}

  process(
    { key, value: { time, value } }: KV<string, Reading>,
    context: ProcessContext<string, typeof watching>,
  ): void {
    const { state, timers } = context;
    timers.silence.set(time + this.silenceMs);
    const { count, mean, squares } = state.usual.read() ?? { count: 0, mean: 0, squares: 0 };
    const deviation = Math.sqrt(squares / Math.max(1, count - 1));
    if (count >= ENOUGH && Math.abs(value - mean) > this.deviations * deviation) {
      context.output(
        `${timeOfDay(time)} ${key} reads ${value}, and ${mean.toFixed(1)} ± ${deviation.toFixed(1)} otherwise`,
      );
      return;
    }
    const next = mean + (value - mean) / (count + 1);
    state.usual.write({ count: count + 1, mean: next, squares: squares + (value - mean) * (value - next) });
  }

  readonly onTimer = {
    silence: ({ key, firingTime, output }: TimerContext<string, typeof watching>): void => {
      output(`${timeOfDay(firingTime)} ${key} is silent since ${timeOfDay(firingTime - this.silenceMs)}`);
    },
  };
}

export default definePipeline({
  name: 'anomaly-alert',
  options: {
    input: option.string({ description: 'files or patterns to read', default: 'examples/data/sensors.csv' }),
    output: option.string({ description: 'folder and beginning of the output files', default: 'out/alerts' }),
    deviations: option.number({ description: 'standard deviations that are usual', default: 4 }),
    silence: option.duration({ description: 'after how long a sensor is silent', default: seconds(45) }),
  },
  build(p, { input, output, deviations, silence }) {
    const alerts = p
      .apply('read', readText(input))
      .map('parse', parseReading)
      .withTimestamps('time', ({ value }) => value.time)
      .parDo<string, typeof watching>('watch', () => new Watch(deviations, silence), watching);
    alerts.apply('write', writeText(output));
    alerts.apply('print', writeToConsole());
  },
});

/** `2026-01-01T06:00:00Z,boiler,71.2` */
function parseReading(line: string): KV<string, Reading> {
  const [time, sensor, value] = line.split(',');
  const reading = { time: Date.parse(time ?? ''), value: Number(value) };
  if (sensor === undefined || Number.isNaN(reading.time) || Number.isNaN(reading.value))
    throw new Error(`no reading: ${line.slice(0, 80)}`);
  return { key: sensor, value: reading };
}

/** 06:00:30, of an instant in UTC. */
function timeOfDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 19);
}
