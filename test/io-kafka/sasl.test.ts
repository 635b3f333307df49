import { buildPlan, definePipeline, type MillraceError, option } from 'millrace';
import { readFromKafka, writeToKafka } from 'millrace/kafka';
import { expect, onTestFinished, test, vi } from 'vitest';
import { KafkaSink } from '#millrace/io/kafka/kafka-sink.js';
import { describeWithService } from '../support/services/describe-with-service.js';
import { SASL_PASSWORD, SASL_USER } from '../support/services/kafka.js';
import { doFnContext, SourceRun } from './source-driver.js';

const VARIABLE = 'MILLRACE_TEST_KAFKA_PASSWORD';
const sasl = { mechanism: 'plain', username: SASL_USER, password: { $secret: VARIABLE } } as const;

function withPassword(value: string): void {
  vi.stubEnv(VARIABLE, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('the password is not in the plan', () => {
  withPassword(SASL_PASSWORD);
  const definition = definePipeline({
    name: 'secretive',
    options: { password: option.secret() },
    build(p, { password }) {
      const connection = { bootstrapServers: 'a:1', sasl: { ...sasl, password } };
      p.apply('read', readFromKafka({ ...connection, topic: 'in' }))
        .map('value', ({ value }) => value ?? '')
        .apply('write', writeToKafka({ ...connection, topic: 'out' }));
    },
  });
  const { plan } = buildPlan(definition, { options: { password: VARIABLE }, inline: true });
  expect(JSON.stringify(plan)).not.toContain(SASL_PASSWORD);
});

describeWithService('kafka', 'a broker that wants a password', (kafka) => {
  const at = () => ({ bootstrapServers: kafka().saslBootstrapServers, sasl });

  test('takes the one that the environment holds', async () => {
    withPassword(SASL_PASSWORD);
    const topic = await kafka().createTopic('guarded');
    const run = await SourceRun.open({ topics: [topic] }, { bootstrapServers: '', connection: at() });
    await run.until(() => run.reader.lag?.() === 0);
  });

  test('refuses another at once, and the error does not tell it', async () => {
    withPassword('looking-glass');
    const sink = new KafkaSink({ connection: at(), topic: 'guarded' });
    const context = doFnContext('write');
    const failed = await Promise.resolve(sink.setup(context)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 'KAFKA_AUTHENTICATION', kind: 'external', retryable: false });
    const told = JSON.stringify([(failed as MillraceError).toEnvelope(), context.logs, String(failed)]);
    expect(told).not.toContain('looking-glass');
  });

  test('says which variable is missing', async () => {
    const sink = new KafkaSink({ connection: at(), topic: 'guarded' });
    await expect(sink.setup(doFnContext())).rejects.toMatchObject({
      code: 'OPTIONS_SECRET_MISSING',
      summary: expect.stringContaining(VARIABLE),
    });
  });
});
