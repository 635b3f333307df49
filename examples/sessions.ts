/** The visits of users: pages that follow each other closely are one visit, which has a beginning and a length. */
import { type DoFn, definePipeline, type KV, minutes, option, type ProcessContext, sessionWindows } from 'millrace';
import { writeToConsole } from 'millrace/console';
import { readText, writeText } from 'millrace/text';

interface PageView {
  readonly time: number;
  readonly user: string;
  readonly page: string;
}

export default definePipeline({
  name: 'sessions',
  options: {
    input: option.string({ description: 'files or patterns to read', default: 'examples/data/visits.csv' }),
    output: option.string({ description: 'folder and beginning of the output files', default: 'out/sessions' }),
    gap: option.duration({ description: 'how long a user is quiet when a visit is over', default: minutes(1) }),
  },
  build(p, { input, output, gap }) {
    const visits = p
      .apply('read', readText(input))
      .map('parse', parseView)
      .withTimestamps('time', ({ time }) => time)
      .windowInto('until quiet', sessionWindows(gap))
      .map('user and page', ({ user, page }) => ({ key: user, value: page }))
      .groupByKey('visits')
      .parDo('line', () => new DescribeVisit(gap));
    visits.apply('write', writeText(output));
    visits.apply('print', writeToConsole());
  },
});

/** A session lasts from its first element to `gap` after its last one, so the visit itself was shorter by that. */
class DescribeVisit implements DoFn<KV<string, Iterable<string>>, string> {
  constructor(private readonly gapMs: number) {}

  process({ key, value }: KV<string, Iterable<string>>, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    const pages = [...value];
    const seconds = (end - this.gapMs - start) / 1_000;
    context.output(
      `${timeOfDay(start)} ${key} stays ${seconds} s, ${pages.length} views of ${new Set(pages).size} pages`,
    );
  }
}

/** `2026-01-01T06:00:00Z,ada,/docs` */
function parseView(line: string): PageView {
  const [time, user, page] = line.split(',');
  const at = Date.parse(time ?? '');
  if (user === undefined || page === undefined || Number.isNaN(at)) throw new Error(`no view: ${line.slice(0, 80)}`);
  return { time: at, user, page };
}

/** 06:00:30, of an instant in UTC. */
function timeOfDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 19);
}
