import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { beforeAll, expect, it } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';

const GENERATED = 'dist/runners/beam/generated';

/** Every file descriptor that the generated modules export. */
async function ourFiles(): Promise<DescFile[]> {
  const files: DescFile[] = [];
  for (const name of readdirSync(GENERATED).filter((file) => file.endsWith('_pb.js'))) {
    const module = (await import(pathToFileURL(join(GENERATED, name)).href)) as Record<string, unknown>;
    for (const value of Object.values(module))
      if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file')
        files.push(value as DescFile);
  }
  return files;
}

function* messagesOf(owner: DescFile | DescMessage): Generator<DescMessage> {
  const direct = owner.kind === 'file' ? owner.messages : owner.nestedMessages;
  for (const message of direct) {
    yield message;
    yield* messagesOf(message);
  }
}

function* enumsOf(file: DescFile): Generator<DescEnum> {
  yield* file.enums;
  for (const message of messagesOf(file)) yield* message.nestedEnums;
}

/** All that two sides must agree on about a field. */
function shape(field: DescField): Record<string, unknown> {
  return {
    number: field.number,
    fieldKind: field.fieldKind,
    oneof: field.oneof?.name,
    presence: field.presence,
    scalar: field.scalar,
    message: field.message?.typeName,
    enum: field.enum?.typeName,
    ...(field.fieldKind === 'list' && { listKind: field.listKind, packed: field.packed }),
    ...(field.fieldKind === 'map' && { mapKind: field.mapKind, mapKey: field.mapKey }),
  };
}

const methodShape = (method: DescMethod) => ({
  kind: method.methodKind,
  input: method.input.typeName,
  output: method.output.typeName,
});

const byName = <T extends { name: string }, R>(items: readonly T[], of: (item: T) => R): Record<string, R> =>
  Object.fromEntries(items.map((item) => [item.name, of(item)]));

/** Theirs, cut down to what ours holds too. */
const pick = <R>(theirs: Record<string, R>, ours: Record<string, R>): Record<string, R> =>
  Object.fromEntries(Object.entries(theirs).filter(([name]) => name in ours));

describeWithService('beamModel', 'the wire schema', (model) => {
  let files: DescFile[];
  let beam: FileRegistry;
  beforeAll(async () => {
    files = await ourFiles();
    beam = createFileRegistry(fromBinary(FileDescriptorSetSchema, model().descriptors));
  });

  it('has the fields of Beam, by name, number and type', () => {
    const messages = files.flatMap((file) => [...messagesOf(file)]);
    expect(messages.length).toBeGreaterThan(80);
    for (const message of messages) {
      const theirs = beam.getMessage(message.typeName);
      expect(theirs, message.typeName).toBeDefined();
      const ours = byName(message.fields, shape);
      expect(ours, message.typeName).toEqual(pick(byName(theirs?.fields ?? [], shape), ours));
    }
  });

  it('has every value of the enums of Beam', () => {
    for (const ours of files.flatMap((file) => [...enumsOf(file)])) {
      const theirs = beam.getEnum(ours.typeName);
      expect(theirs, ours.typeName).toBeDefined();
      expect(
        byName(ours.values, ({ number }) => number),
        ours.typeName,
      ).toEqual(byName(theirs?.values ?? [], ({ number }) => number));
    }
  });

  it('has the methods of Beam', () => {
    const services: DescService[] = files.flatMap((file) => file.services);
    expect(services.length).toBe(9);
    for (const service of services) {
      const theirs = beam.getService(service.typeName);
      expect(theirs, service.typeName).toBeDefined();
      const ours = byName(service.methods, methodShape);
      expect(ours, service.typeName).toEqual(pick(byName(theirs?.methods ?? [], methodShape), ours));
    }
  });
});
