import { afterAll, beforeAll, describe, test } from 'vitest';
import { type BeamModel, beamModelService } from './beam-model.js';
import type { Engine } from './engine.js';
import { flinkService } from './flink.js';
import { type KafkaBroker, kafkaService } from './kafka.js';
import { prismService } from './prism.js';
import type { Service } from './service.js';

/** Every service that tests may ask for, by name. */
interface Services {
  readonly beamModel: BeamModel;
  readonly flink: Engine;
  readonly kafka: KafkaBroker;
  readonly prism: Engine;
}

const services: { readonly [N in keyof Services]: Service<Services[N]> } = {
  beamModel: beamModelService,
  flink: flinkService,
  kafka: kafkaService,
  prism: prismService,
};

/** Installing from a cold cache counts too. */
const START_TIMEOUT_MS = 15 * 60_000;

/**
 * `describe` around a real service, started once before its tests and disposed of after them. Where the machine cannot run
 * the service, the tests are skipped with the reason in their title; with `MILLRACE_REQUIRE_ALL=1` that is a failure.
 */
export function describeWithService<N extends keyof Services>(
  name: N,
  title: string,
  body: (service: () => Services[N]) => void,
): void {
  const service = services[name];
  const missing = service.missing();
  if (missing === undefined) {
    describe(title, () => {
      let running: Services[N] | undefined;
      beforeAll(async () => {
        running = await service.start();
      }, START_TIMEOUT_MS);
      afterAll(async () => {
        await running?.dispose();
      }, 60_000);
      body(() => {
        if (running === undefined) throw new Error(`${name} has not started`);
        return running;
      });
    });
    return;
  }
  if (process.env.MILLRACE_REQUIRE_ALL === '1') {
    test(`${title} needs ${name}`, () => {
      throw new Error(`MILLRACE_REQUIRE_ALL=1, but ${name} cannot run: ${missing}`);
    });
    return;
  }
  describe.skip(`${title} (skipped, no ${name}: ${missing})`, () =>
    body(() => {
      throw new Error(`${name} is not there: ${missing}`);
    }));
}
