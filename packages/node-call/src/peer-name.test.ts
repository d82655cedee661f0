import { spiffe } from '@civitas/deployment';
import { expect, test } from '@jest/globals';
import { findPeer, serverProblem } from './peer-name.ts';

const NODE = spiffe.node('jincheng-city-1', 'civil-affairs', 'city-0');
const OTHER = spiffe.node('jincheng-health-1', 'hospital-1', 'health-0');
const problem = (name: string | undefined): string | undefined =>
  serverProblem(name, ({ kind, network }) => kind === 'node' && network === 'jincheng-city-1', 'a node of jincheng-city-1')?.message;

test('a certificate speaks of the one URI name in it, beside names of other kinds', () => {
  expect(findPeer(`URI:${NODE}`)).toMatchObject({
    kind: 'node',
    network: 'jincheng-city-1',
    organisation: 'civil-affairs',
    name: 'city-0',
  });
  expect(findPeer(`DNS:city-0, URI:${NODE}, IP Address:127.0.0.1`)).toMatchObject({ name: 'city-0' });
});

test('no name, two names, a name that Node had to quote and a name elsewhere are nobody of ours', () => {
  const names = [
    undefined,
    '',
    'DNS:city-0',
    `URI:${NODE}, URI:${OTHER}`,
    `DNS:"x, URI:${NODE}"`,
    `URI:"${NODE}"`,
    'URI:https://civitas/a/b',
  ];
  expect(names.map(findPeer)).toEqual(names.map(() => undefined));
});

test('a server that is not the one meant is named in the problem, the one meant is none', () => {
  expect(problem(`URI:${NODE}`)).toBeUndefined();
  expect(problem(`URI:${OTHER}`)).toBe(`the server is ${OTHER}, expected a node of jincheng-city-1`);
  expect(problem(`URI:${spiffe.operator('jincheng-city-1')}`)).toMatch(/expected a node/);
  expect(problem(`DNS:"x, URI:${NODE}"`)).toBe('the server is nobody of ours, expected a node of jincheng-city-1');
});
