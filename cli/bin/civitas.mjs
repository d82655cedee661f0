#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

await launch('civitas', fileURLToPath(new URL('../src/main.ts', import.meta.url)));
