import { expect, test } from '@jest/globals';
import { generateFineCases } from './fine-cases.ts';
import { generatePatients } from './patients.ts';
import { checkCharacter, generatePerson } from './people.ts';
import { seededRandom } from './random.ts';

test('equal seeds give equal samples, other seeds others', () => {
  const patients = (seed: number): string => JSON.stringify([...generatePatients({ seed, count: 5 })]);
  expect(patients(7)).toBe(patients(7));
  expect(patients(7)).not.toBe(patients(8));
  expect(generateFineCases({ seed: 7, count: 9 })).toBe(generateFineCases({ seed: 7, count: 9 }));
  expect(generateFineCases({ seed: 7, count: 9 })).not.toBe(generateFineCases({ seed: 8, count: 9 }));
});

test('identity numbers have their check character and a region that is no place', () => {
  expect(checkCharacter('11010519491231002')).toBe('X');
  const random = seededRandom(3);
  for (let index = 0; index < 200; index++) {
    const { identityNumber } = generatePerson(random);
    expect(identityNumber).toMatch(/^999\d{14}[\dX]$/);
    expect(identityNumber.at(-1)).toBe(checkCharacter(identityNumber.slice(0, 17)));
  }
});
