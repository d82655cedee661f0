import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findGo } from '../go/install-programs.ts';
import type { Component } from './sbom.ts';

/** Licences of Go modules by path prefix are not in a binary; what a binary names is its modules, versions and checksums. */
const GO_VERSION_MIN = [1, 24] as const;

/** The modules that a Go binary was built from, as the binary itself tells. */
export function goModulesOf(program: string, name: string): readonly Component[] {
  const text = execFileSync(findGo(GO_VERSION_MIN), ['version', '-m', program], { encoding: 'utf8' });
  const go = /: go(\S+)/.exec(text)?.[1] ?? '';
  const sha256 = createHash('sha256').update(readFileSync(program)).digest('hex');
  const rows = text.split('\n').map((line) => line.split('\t'));
  const main = rows.find((row) => row[1] === 'mod')?.[3] ?? '';
  const modules = rows
    // A replaced module is followed by what stands in its place.
    .filter((row, at) => (row[1] === 'dep' && rows[at + 1]?.[1] !== '=>') || row[1] === '=>')
    .map(([, , path = '', version = '', goSum = '']): Component => {
      const purl = `pkg:golang/${path}@${version}`;
      return { type: 'library', name: path, version, purl, ...(goSum === '' ? {} : { goSum }) };
    });
  const version = main === '' || main === '(devel)' ? sha256.slice(0, 12) : main;
  return [
    { type: 'application', name, version, purl: `pkg:generic/${name}@${version}`, sha256 },
    { type: 'library', name: 'stdlib', version: go, purl: `pkg:golang/stdlib@${go}`, licence: 'BSD-3-Clause' },
    ...modules,
  ];
}
