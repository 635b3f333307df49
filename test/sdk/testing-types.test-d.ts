/** Checked by `tsc -p tsconfig.json`, never run: the types of what tests are written with. */
import {
  type DoFn,
  eventTimer,
  IntervalWindow,
  type KV,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
import { type Emitted, PAssert, testCombineFn, testDoFn, testStream, testStreams, timestamped } from 'millrace/testing';
import { expectTypeOf } from 'vitest';

declare const p: Pipeline;
declare const words: PCollection<string>;
declare const counts: PCollection<KV<string, number>>;

expectTypeOf(p.apply(testStream<string>().addElements('a', timestamped('b', 1)))).toEqualTypeOf<PCollection<string>>();
expectTypeOf(p.apply('Named', testStream(stringUtf8Coder()))).toEqualTypeOf<PCollection<string>>();
// @ts-expect-error no number among texts
testStream<string>().addElements(1);
// @ts-expect-error nor one at an instant
testStream<string>().addElements(timestamped(1, 1));

const clicks = outputTag('clicks').of<string>();
const views = outputTag('views').of<number>();
const streams = testStreams(clicks, views).addElements(clicks, 'a').addElements(views, 1, timestamped(2, 5));
expectTypeOf(p.apply(streams).clicks).toEqualTypeOf<PCollection<string>>();
expectTypeOf(p.apply(streams).views).toEqualTypeOf<PCollection<number>>();
// @ts-expect-error clicks are texts
streams.addElements(clicks, 1);
// @ts-expect-error not one of its outputs
streams.advanceWatermark(outputTag('others').of<string>(), 5);
// @ts-expect-error no such output
p.apply(streams).others;

PAssert.that(counts).equalsMap(new Map([['a', 1]]));
PAssert.that(counts)
  .inOnTimePane(new IntervalWindow(0, 10))
  .equalsMultimap(new Map([['a', [1]]]));
// @ts-expect-error words are no pairs
PAssert.that(words).equalsMap(new Map([['a', 1]]));
// @ts-expect-error the values are numbers
PAssert.that(counts).equalsMap(new Map([['a', 'b']]));

const declared = { state: { seen: valueState<number>() }, timers: { end: eventTimer() } };
class Stateful implements DoFn<KV<string, number>, string, typeof declared> {
  readonly onTimer = { end: (_: TimerContext<string, typeof declared>): void => undefined };
  process(_: KV<string, number>, __: ProcessContext<string, typeof declared>): void {}
}
const tester = await testDoFn(new Stateful(), declared);
expectTypeOf(await tester.process({ key: 'a', value: 1 })).toEqualTypeOf<readonly Emitted<string>[]>();
// @ts-expect-error an element is a pair of a text and a number
await tester.process({ key: 1, value: 1 });
// @ts-expect-error what it declares must be said
await testDoFn(new Stateful());
// @ts-expect-error all of it
await testDoFn(new Stateful(), { state: declared.state });

testCombineFn(sum(), [1, 2], 3);
// @ts-expect-error a sum is a number
testCombineFn(sum(), [1, 2], '3');
