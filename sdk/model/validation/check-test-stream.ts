import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../time.js';
import { asMap, asText, type PlanView, type TransformView } from './plan-view.js';
import { type Findings, names, type Path } from './problem.js';

/** A TestStream begins something, and what happens in it happens to its outputs. */
export function checkTestStream(transform: TransformView, view: PlanView, at: Path, findings: Findings): void {
  const { inputs, outputs } = transform;
  const payload = transform.spec?.payload ?? {};
  if (inputs.size > 0)
    findings.add([...at, 'inputs'], 'a TestStream has no inputs', { got: [...inputs.keys()].join(', ') });
  for (const [tag, pc] of outputs) {
    const coderId = view.pcollections.get(pc)?.coderId;
    if (coderId === undefined || coderId === payload.coderId) continue;
    findings.add([...at, 'outputs', tag], 'has another coder than the TestStream', {
      expected: names([asText(payload.coderId) ?? '']),
      got: coderId,
    });
  }
  const events = Array.isArray(payload.events) ? payload.events : [];
  const watermarks = new Map<string | undefined, number>();
  for (const [i, event] of events.entries()) {
    const { kind, tag: given, timestamp } = asMap(event);
    if (kind === 'processingTime') continue;
    const path = [...at, 'spec', 'payload', 'events', i];
    const tag = asText(given);
    if (tag === undefined ? outputs.size !== 1 : !outputs.has(tag))
      findings.add([...path, 'tag'], 'there is no such output', { expected: names([...outputs.keys()]), got: tag });
    const output = tag ?? [...outputs.keys()][0];
    const before = watermarks.get(output) ?? MIN_TIMESTAMP;
    if (kind === 'elements' && before >= MAX_TIMESTAMP)
      findings.add(path, 'there are elements after the end of time', { expected: 'no more elements of this output' });
    if (kind !== 'watermark') continue;
    if (Number(timestamp) <= before)
      findings.add([...path, 'timestamp'], 'the watermark does not advance', {
        expected: `more than ${before}`,
        got: timestamp,
      });
    watermarks.set(output, Number(timestamp));
  }
}
