#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

await launch('kubectl-civitas', fileURLToPath(new URL('../src/kubectl/main.ts', import.meta.url)));
