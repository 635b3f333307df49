import { valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import type { OutputTag } from '../model/do-fn.js';
import type { TestStreamPayload } from '../model/payloads.js';
import { MAIN_TAG } from '../model/plan.js';
import { type DurationMs, MAX_TIMESTAMP, type Timestamp } from '../model/time.js';
import { BEAM_TRANSFORM } from '../model/urns.js';
import { asJson } from '../pipeline/as-json.js';
import type { NamedTag, TagType } from '../pipeline/output-tag.js';
import { PCollection } from '../pipeline/pcollection.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { PIPELINE } from '../pipeline/plan-nodes.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { coded } from '../pipeline/verbs/par-do.js';
import { DEFAULT_WINDOWING } from '../pipeline/windowing.js';
import { eventOf, Script, type TimestampedValue, wrong } from './test-stream-script.js';

/**
 * A source that plays a script: elements, watermarks, the passing of time, in this order. The next thing happens when all
 * that the one before it caused is done, so that a pipeline under test comes to the same result every time. After the last
 * one the watermark goes to the end of time. Each call answers a new stream; the one before stays as it was.
 */
export class TestStream<T> implements PTransform<Pipeline, PCollection<T>> {
  readonly name = 'TestStream';
  readonly #coder: Coder<T> | undefined;
  readonly #script: Script;

  /** Made by {@link testStream}. */
  constructor(coder: Coder<T> | undefined, script: Script) {
    this.#coder = coder;
    this.#script = script;
  }

  /** Elements that come together. Those without a {@link timestamped} of their own stand at the watermark. */
  addElements(...elements: readonly (T | TimestampedValue<T>)[]): TestStream<T> {
    return new TestStream(this.#coder, this.#script.elements(MAIN_TAG, elements));
  }

  /** From here on, elements before `timestamp` are late. */
  advanceWatermark(timestamp: Timestamp): TestStream<T> {
    return new TestStream(this.#coder, this.#script.watermark(MAIN_TAG, timestamp));
  }

  /** Nothing more will come. */
  advanceWatermarkToInfinity(): TestStream<T> {
    return this.advanceWatermark(MAX_TIMESTAMP);
  }

  /** The clock of the whole pipeline moves on. */
  advanceProcessingTime(by: DurationMs): TestStream<T> {
    return new TestStream(this.#coder, this.#script.processingTime(by));
  }

  readonly expand = (pipeline: Pipeline): PCollection<T> => {
    const outputs = [{ name: MAIN_TAG, ...(this.#coder !== undefined && { coder: this.#coder as Coder<unknown> }) }];
    return play(pipeline, outputs, this.#script)[MAIN_TAG] as PCollection<T>;
  };
}

/** Begins a test stream of one output. Its elements are coded losslessly when no coder is given. */
export function testStream<T>(coder?: Coder<T>): TestStream<T> {
  return new TestStream(coder, new Script([MAIN_TAG]));
}

/** The outputs of a test stream with several, by the names of their tags. */
export type TestStreamOutputs<Tags extends readonly OutputTag<unknown>[]> = {
  readonly [Tag in Tags[number] as Tag['name']]: PCollection<TagType<Tag>>;
};

/** As {@link TestStream}, with several outputs, each with a watermark of its own. */
export class TestStreams<Tags extends readonly OutputTag<unknown>[]>
  implements PTransform<Pipeline, TestStreamOutputs<Tags>>
{
  readonly name = 'TestStream';
  readonly #tags: Tags;
  readonly #script: Script;

  /** Made by {@link testStreams}. */
  constructor(tags: Tags, script: Script) {
    this.#tags = tags;
    this.#script = script;
  }

  addElements<Tag extends Tags[number]>(
    tag: Tag,
    ...elements: readonly (TagType<Tag> | TimestampedValue<TagType<Tag>>)[]
  ): TestStreams<Tags> {
    return new TestStreams(this.#tags, this.#script.elements(tag.name, elements));
  }

  /** Of one output only. */
  advanceWatermark(tag: Tags[number], timestamp: Timestamp): TestStreams<Tags> {
    return new TestStreams(this.#tags, this.#script.watermark(tag.name, timestamp));
  }

  /** Of one output, or of all of them. */
  advanceWatermarkToInfinity(tag?: Tags[number]): TestStreams<Tags> {
    return new TestStreams(this.#tags, this.#script.watermark(tag?.name, MAX_TIMESTAMP));
  }

  advanceProcessingTime(by: DurationMs): TestStreams<Tags> {
    return new TestStreams(this.#tags, this.#script.processingTime(by));
  }

  readonly expand = (pipeline: Pipeline): TestStreamOutputs<Tags> => {
    // All outputs share a coder, so that none of them may change its own when it is grouped.
    const outputs = this.#tags.map(({ name }) => ({ name, coder: valueCoder() as Coder<unknown> }));
    return play(pipeline, outputs, this.#script) as TestStreamOutputs<Tags>;
  };
}

/**
 * Begins a test stream with an output for each tag:
 * `testStreams(clicks, views).addElements(clicks, 'a').advanceWatermark(views, 10)`.
 */
export function testStreams<const Tags extends readonly NamedTag<unknown>[]>(...tags: Tags): TestStreams<Tags> {
  const names = tags.map(({ name }) => name);
  if (tags.length === 0)
    throw wrong('the test stream has no outputs', 'give the tag of each: testStreams(left, right)');
  for (const { name, coder } of tags) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw wrong(`the tag '${name}' was given twice`, 'each once');
    if (coder !== undefined)
      throw wrong(`the tag '${name}' has a coder`, 'the outputs of a test stream are coded losslessly, all alike');
  }
  return new TestStreams(tags, new Script(names));
}

/** The step of a test stream, directly where it is applied. */
function play(
  pipeline: Pipeline,
  outputs: readonly { readonly name: string; readonly coder?: Coder<unknown> }[],
  script: Script,
): Record<string, PCollection<unknown>> {
  const graph = pipeline[PIPELINE];
  return graph.step('Events', undefined, (step) => {
    const nodes = outputs.map(({ name, coder }) =>
      step.addOutput(graph, name, { isBounded: false, windowing: DEFAULT_WINDOWING, ...coded(coder) }),
    );
    // Not before the end of the build is it known whether the elements will be grouped, and so how they are coded.
    step.spec = (context) => {
      const { coder } = nodes[0]!;
      const tagged = outputs.length > 1 || outputs[0]!.name !== MAIN_TAG;
      const events = script.events.map((event) => eventOf(event, coder, tagged, step));
      const payload: TestStreamPayload = { coderId: context.coderId(coder), events };
      return { urn: BEAM_TRANSFORM.testStream, payload: asJson(payload) };
    };
    return Object.fromEntries(nodes.map((node) => [node.tag, new PCollection<unknown>(pipeline, node)]));
  });
}
