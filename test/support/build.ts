import { execFileSync } from 'node:child_process';

/** Tests run against what ships: `dist` is built once before them. */
export default function build(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
}
