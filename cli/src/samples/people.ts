import type { Random } from './random.ts';

/** An invented person. Region code 999 is assigned to no place, so that no number here is anybody's. */
export interface Person {
  readonly familyName: string;
  readonly givenName: string;
  readonly sex: 'male' | 'female';
  /** YYYY-MM-DD. */
  readonly birthDate: string;
  /** 18 characters with the check character of GB 11643. */
  readonly identityNumber: string;
}

/** Naming system of the identity numbers in generated samples. */
export const IDENTITY_SYSTEM = 'https://civitas.dev/fhir/identity-number';

const FAMILY = ['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '徐', '孙', '欧阳', '司徒', '诸葛'] as const;
const GIVEN_FIRST = ['明', '晓', '志', '雅', '文', '建', '思', '子', '若', '国', '春', '嘉'] as const;
const GIVEN_SECOND = ['华', '琳', '强', '静', '宇', '萱', '平', '涵', '军', '岚', '轩', ''] as const;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECK_CHARACTERS = '10X98765432';

/** Check character of an identity number (GB 11643, ISO 7064 MOD 11-2). @param digits The first 17. */
export function checkCharacter(digits: string): string {
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(digits.charAt(place)), 0);
  return CHECK_CHARACTERS.charAt(sum % 11);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function identityNumberOf(person: Pick<Person, 'birthDate' | 'sex'>, random: Pick<Random, 'digits' | 'below'>): string {
  const order = random.digits(2) + String(random.below(5) * 2 + (person.sex === 'male' ? 1 : 0));
  const digits = `999${random.digits(3)}${person.birthDate.replaceAll('-', '')}${order}`;
  return digits + checkCharacter(digits);
}

/** The same person under another number: a case of the same seed again must not meet its own records of before. */
export function renumbered(person: Person, random: Pick<Random, 'digits' | 'below'>): Person {
  return { ...person, identityNumber: identityNumberOf(person, random) };
}

export function generatePerson(random: Random): Person {
  const sex = random.oneIn(2) ? 'male' : 'female';
  const birthDate = `${random.between(1941, 2009)}-${twoDigits(random.between(1, 12))}-${twoDigits(random.between(1, 28))}`;
  return {
    familyName: random.pick(FAMILY),
    givenName: random.pick(GIVEN_FIRST) + random.pick(GIVEN_SECOND),
    sex,
    birthDate,
    identityNumber: identityNumberOf({ birthDate, sex }, random),
  };
}
