import { MillraceError } from '../../sdk/model/errors.js';
import type { Plan } from '../../sdk/model/plan.js';
import type { PipelineHandle, PipelineResult } from '../../sdk/model/runner.js';
import { verifyAssertions } from '../../sdk/testing/assertions.js';
import { type CliContext, EXIT, SIGNAL_EXIT } from './context.js';
import { LiveLine } from './live-line.js';
import { metricFields } from './metric-fields.js';
import type { Output } from './output.js';
import { grouped, type ProgressReport, progressLine, progressMeter, watermarkText } from './progress-text.js';

const LIVE_MS = 200;
const LOG_MS = 5_000;

/**
 * Stays with a pipeline until it has ended: shows how it goes, stops it at the first signal, ends the process at the
 * second. Answers the exit code.
 */
export async function followPipeline(
  handle: PipelineHandle,
  plan: Plan,
  context: CliContext,
  output: Output,
): Promise<number> {
  const stopListening = stopOnSignal(handle, context, output);
  const report = progressMeter(
    () => handle.progress(),
    () => performance.now(),
  );
  const isLive = !output.isForMachines && context.stderr.isTTY === true && context.env.TERM !== 'dumb';
  const stopShowing = isLive ? showLive(report, context) : logProgress(report, output);
  const result = await handle.wait();
  stopShowing();
  stopListening();
  // Who stops a pipeline does not wait for what it would have asserted.
  const isWhole = result.state === 'DONE' || result.state === 'DRAINED';
  return conclude(isWhole ? verifyAssertions(plan, result) : result, report(), output);
}

function stopOnSignal(handle: PipelineHandle, context: CliContext, output: Output): () => void {
  let signals = 0;
  return context.onSignal((signal) => {
    signals++;
    if (signals > 1) {
      output.log({ level: 'warn', message: `${signal} again: ended at once` });
      context.exitNow(SIGNAL_EXIT[signal]);
      return;
    }
    output.log({ level: 'info', message: `${signal}: stopping; a second one ends at once` });
    handle.stop();
  });
}

function showLive(report: () => ProgressReport, context: CliContext): () => void {
  const line = new LiveLine(context.stderr, [context.stdout]);
  const timer = setInterval(() => line.show(progressLine(report())), LIVE_MS);
  return () => {
    clearInterval(timer);
    line.close();
  };
}

function logProgress(report: () => ProgressReport, output: Output): () => void {
  const timer = setInterval(() => {
    const { elementsIn, elementsOut, perSecond, lag, watermark } = report();
    const fields = { in: elementsIn, out: elementsOut, perSecond, ...(lag !== undefined && { lag }) };
    output.log({ level: 'info', message: 'progress', fields: { ...fields, watermark: watermarkText(watermark) } });
  }, LOG_MS);
  return () => clearInterval(timer);
}

function conclude(result: PipelineResult, last: ProgressReport, output: Output): number {
  for (const [step, fields] of metricFields(result.metrics)) {
    output.log({ level: 'info', message: 'metrics', step, fields });
  }
  const seconds = (result.durationMs / 1_000).toFixed(1);
  const amount = `${grouped(last.elementsIn)} in, ${grouped(last.elementsOut)} out`;
  output.log({ level: 'info', message: `${result.state} after ${seconds} s: ${amount}` });
  if (result.error !== undefined) output.error(MillraceError.fromEnvelope(result.error));
  return ['DONE', 'STOPPED', 'DRAINED'].includes(result.state) ? EXIT.done : EXIT.failed;
}
