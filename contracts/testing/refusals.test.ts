import { allContracts } from '@civitas/contracts';
import { expect, test } from '@jest/globals';
import { Flows } from './flows.ts';
import { cityProvocations } from './provocations.ts';
import { domainProvocations } from './provocations-domains.ts';
import { fineProvocations } from './provocations-fine.ts';

const provocations = [...cityProvocations, ...domainProvocations, ...fineProvocations];

test.each(provocations)('%s', (name, run) => {
  const [contract = '', method = '', code = '', reason = ''] = name.split(' ');
  const outcome = run(new Flows().setUp());

  expect(outcome).toMatchObject({ ok: false, refusal: { code, facts: { reason } } });
  const declared = allContracts.find((one) => one.name === contract)?.methods[method]?.refusals;
  expect(declared).toContain(code);
});

test('every refusal that a method declares is provoked above', () => {
  const provoked = new Set(provocations.map(([name]) => name.split(' ').slice(0, 3).join(' ')));
  const declared = allContracts.flatMap((contract) =>
    Object.entries(contract.methods).flatMap(([name, method]) => method.refusals.map((code) => `${contract.name} ${name} ${code}`)),
  );

  expect(declared.filter((one) => !provoked.has(one))).toEqual([]);
});
