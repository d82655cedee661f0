/**
 * `npm run s3:install`: builds versitygw, the S3 server that backups are tested against, from the Go module in tools/s3, whose go.sum
 * pins every module by checksum, into the user's cache. The product needs none of it. Needs Go; does nothing when it was built before.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { programsFolder } from './go/go-programs.ts';
import { findGo, InstallRefused, installPrograms, runGo } from './go/install-programs.ts';
import { findS3Tool, S3_BUILD, S3_VERSION } from './s3/s3-tool.ts';

const GO_VERSION_MIN = [1, 25] as const;
const COMMAND = 'github.com/versity/versitygw/cmd/versitygw';

function install(folder: string): void {
  const go = findGo(GO_VERSION_MIN);
  installPrograms(S3_BUILD, folder, {
    build(_program, output) {
      const args = ['build', '-trimpath', '-ldflags', `-s -w -X main.Version=v${S3_VERSION}`, '-o', output, COMMAND];
      runGo(go, S3_BUILD.sources, args);
    },
    check(bin) {
      const said = execFileSync(join(bin, 'versitygw'), ['--version'], { encoding: 'utf8' });
      if (!said.includes(S3_VERSION)) throw new InstallRefused(`built a versitygw that says ${said.trim()}, expected ${S3_VERSION}`);
    },
  });
}

try {
  const folder = programsFolder(S3_BUILD);
  if (findS3Tool(folder) === undefined) install(folder);
  process.stdout.write(`versitygw ${S3_VERSION} is in ${join(folder, 'bin')}\n`);
} catch (error) {
  process.stderr.write(`s3:install: ${error instanceof InstallRefused ? error.message : String(error)}\n`);
  process.exit(1);
}
