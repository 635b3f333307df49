import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** Makes Node believe that a package is not installed. */
const without = (name: string) => {
  const hooks = `export const resolve = (specifier, context, next) => {
    if (specifier === '${name}' || specifier.startsWith('${name}/')) {
      const error = new Error("Cannot find package '${name}' imported from " + context.parentURL);
      error.code = 'ERR_MODULE_NOT_FOUND';
      throw error;
    }
    return next(specifier, context);
  };`;
  const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`);
  return `import { register } from 'node:module'; register(${url});`;
};

async function codeOf(name: string, script: string): Promise<string> {
  const preload = `data:text/javascript,${encodeURIComponent(without(name))}`;
  const text = `${script}.then(() => 'none', (error) => error.code + ': ' + error.hint).then((said) => process.stdout.write(said));`;
  const { stdout } = await run(process.execPath, ['--import', preload, '--input-type=module', '-e', text]);
  return stdout;
}

describe.each(['@grpc/grpc-js', '@bufbuild/protobuf'])('without %s', (name) => {
  const said = 'REMOTE_PEER_MISSING: npm install @grpc/grpc-js @bufbuild/protobuf';

  it('the remote runner says what to install', async () => {
    const plan = {
      components: { transforms: {}, pcollections: {}, windowingStrategies: {}, coders: {}, environments: {} },
      requirements: [],
    };
    const script = `const { createRemoteRunner } = await import('#millrace/runners/remote/index.js');
      createRemoteRunner({ endpoint: '127.0.0.1:1' }).run({ plan: ${JSON.stringify(plan)} })`;
    expect(await codeOf(name, script)).toBe(said);
  });

  it('the worker pool says what to install', async () => {
    const script = `const { startWorkerPool } = await import('#millrace/runners/harness/index.js'); startWorkerPool()`;
    expect(await codeOf(name, script)).toBe(said);
  });
});
