import { createKeycloakDirectory, IdentityFault } from '@civitas/identity';
import { systemClock } from '@civitas/kube';
import { describe, expect, test } from '@jest/globals';
import { anOrganization, codeOf, contractCity, freshName, valueOf } from './contract-city.ts';
import { describeProfiles } from './describe-profiles.ts';
import { clientToken } from './sign-in.ts';

describeProfiles('the identity directory', (profile) => {
  describe('organizations', () => {
    test('are made with their four groups once, and nothing is written the second time', async () => {
      const { operator } = contractCity(profile());
      const wish = anOrganization(freshName('hospital'));
      const first = await operator.ensureOrganization(wish);
      expect(first.changed).toEqual(['organization', 'group /owner', 'group /operator', 'group /auditor', 'group /developer']);
      expect(await operator.ensureOrganization(wish)).toMatchObject({ changed: [], value: { id: first.value.id } });
      expect(await operator.findOrganization(wish.alias)).toMatchObject(wish);
      expect((await operator.listOrganizations()).map(({ alias }) => alias)).toContain(wish.alias);
    });

    test('are put right where they are not as wished, and keep their id', async () => {
      const { operator } = contractCity(profile());
      const wish = anOrganization(freshName('hospital'));
      const { value } = await operator.ensureOrganization(wish);
      const other = { ...wish, displayName: { zh: '市一院', en: 'City Hospital' }, domains: [`${wish.alias}.test`], enabled: false };
      expect(await operator.ensureOrganization(other)).toMatchObject({ changed: ['organization'], value: { id: value.id, ...other } });
      expect(await operator.ensureOrganization(other)).toMatchObject({ changed: [] });
    });

    test('two writers at once end in one organization', async () => {
      const { operator } = contractCity(profile());
      const wish = anOrganization(freshName('hospital'));
      await Promise.allSettled([operator.ensureOrganization(wish), operator.ensureOrganization(wish)]);
      expect(await operator.ensureOrganization(wish)).toMatchObject({ changed: [] });
      expect((await operator.listOrganizations()).filter(({ alias }) => alias === wish.alias)).toHaveLength(1);
    });

    test('are deleted once', async () => {
      const { operator } = contractCity(profile());
      const wish = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(wish);
      expect(await operator.deleteOrganization(wish.alias)).toBe(true);
      expect(await operator.deleteOrganization(wish.alias)).toBe(false);
      expect(await operator.findOrganization(wish.alias)).toBeUndefined();
    });

    test('are not found by a part of their name or a pattern', async () => {
      const { operator } = contractCity(profile());
      const wish = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(wish);
      for (const alias of [wish.alias.slice(0, -1), '*', '%', '', `${wish.alias} `, '../organizations'])
        expect(await operator.findOrganization(alias)).toBeUndefined();
    });
  });

  describe('people', () => {
    test('become members with roles, get and lose roles, and leave', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const person = await profile().createPerson({ username: freshName('mei'), firstName: '梅', lastName: '李' });
      expect(valueOf(await console.addMember(alias, person.email, ['owner', 'auditor']))).toMatchObject({ id: person.id, name: '李梅' });
      expect(codeOf(await console.addMember(alias, person.email, ['owner']))).toBe('MEMBER_ALREADY');
      const [member] = valueOf(await console.listMembers(alias));
      expect(member).toMatchObject({ id: person.id, username: person.username, email: person.email, enabled: true, isEmailVerified: true });
      expect([...(member?.roles ?? [])].sort()).toEqual(['auditor', 'owner']);

      expect(codeOf(await console.grantRole(alias, person.id, 'developer'))).toBeUndefined();
      expect(codeOf(await console.grantRole(alias, person.id, 'developer'))).toBeUndefined();
      expect(codeOf(await console.withdrawRole(alias, person.id, 'owner'))).toBeUndefined();
      expect(codeOf(await console.withdrawRole(alias, person.id, 'owner'))).toBeUndefined();
      expect([...(valueOf(await console.listMembers(alias))[0]?.roles ?? [])].sort()).toEqual(['auditor', 'developer']);

      expect(codeOf(await console.removeMember(alias, person.id))).toBeUndefined();
      expect(codeOf(await console.removeMember(alias, person.id))).toBe('PERSON_UNKNOWN');
      expect(valueOf(await console.listMembers(alias))).toEqual([]);
      expect(await console.findPerson(person.email)).toMatchObject({ id: person.id });
    });

    test('who are no members get no role, and ids of another form reach no path', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const stranger = await profile().createPerson({ username: freshName('wei'), firstName: 'Wei', lastName: 'Zhang' });
      expect(codeOf(await console.grantRole(alias, stranger.id, 'owner'))).toBe('PERSON_UNKNOWN');
      for (const id of ['..', '../..', 'a/b', '', '%2e%2e']) {
        expect(codeOf(await console.grantRole(alias, id, 'owner'))).toBe('PERSON_UNKNOWN');
        expect(codeOf(await console.removeMember(alias, id))).toBe('PERSON_UNKNOWN');
      }
      expect(codeOf(await console.addMember(alias, `${freshName('nobody')}@example.test`, []))).toBe('PERSON_UNKNOWN');
      expect(codeOf(await console.listMembers(freshName('none')))).toBe('ORGANIZATION_UNKNOWN');
    });
  });

  describe('invitations', () => {
    test('go out by mail, are listed with their roles, go out again, and are withdrawn', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const email = `${freshName('new')}@example.test`;
      const sent = valueOf(await console.invite(alias, { email, firstName: 'New', lastName: 'Person', roles: ['operator'] }));
      expect(sent).toMatchObject({ email, roles: ['operator'], state: 'pending' });
      expect(sent.expiresAtUnixS - sent.sentAtUnixS).toBe(12 * 3600);
      expect(valueOf(await console.listInvitations(alias))).toEqual([sent]);
      expect(await profile().invitationLinks(email)).toHaveLength(1);
      expect(codeOf(await console.invite(alias, { email, firstName: 'New', lastName: 'Person', roles: [] }))).toBe('MEMBER_ALREADY');

      expect(codeOf(await console.resendInvitation(alias, sent.id))).toBeUndefined();
      const [again] = valueOf(await console.listInvitations(alias));
      expect(again?.roles).toEqual(['operator']);
      expect(codeOf(await console.revokeInvitation(alias, again?.id ?? ''))).toBeUndefined();
      expect(codeOf(await console.revokeInvitation(alias, again?.id ?? ''))).toBe('INVITATION_UNKNOWN');
      expect(codeOf(await console.resendInvitation(alias, '..'))).toBe('INVITATION_UNKNOWN');
      expect(valueOf(await console.listInvitations(alias))).toEqual([]);
    });

    test('make somebody new a member with the roles that they were invited for, once', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const person = {
        username: freshName('new'),
        email: `${freshName('New')}@example.test`.toLowerCase(),
        password: freshName('correct-horse'),
      };
      valueOf(await console.invite(alias, { email: person.email, firstName: 'New', lastName: 'Person', roles: ['owner'] }));
      expect(valueOf(await console.settleInvitations(alias))).toBe(0);
      const [link = ''] = await profile().invitationLinks(person.email);
      await profile().accept(link, person);

      expect(valueOf(await console.settleInvitations(alias))).toBe(1);
      expect(valueOf(await console.settleInvitations(alias))).toBe(0);
      expect(valueOf(await console.listMembers(alias))).toMatchObject([{ email: person.email, roles: ['owner'], isEmailVerified: true }]);
      expect(valueOf(await console.listInvitations(alias))).toEqual([]);
      await expect(profile().accept(link, person)).rejects.toThrow();
    });

    test('that were withdrawn let nobody in', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const person = { username: freshName('new'), email: `${freshName('new')}@example.test`, password: freshName('correct-horse') };
      const sent = valueOf(await console.invite(alias, { email: person.email, firstName: 'New', lastName: 'Person', roles: ['owner'] }));
      const [link = ''] = await profile().invitationLinks(person.email);
      valueOf(await console.revokeInvitation(alias, sent.id));
      await expect(profile().accept(link, person)).rejects.toThrow();
      expect(valueOf(await console.listMembers(alias))).toEqual([]);
    });
  });

  describe('service clients', () => {
    test('sign in for their own agency alone, and lose it with rotation and deletion', async () => {
      const { operator, verifier } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const secret = freshName('a-secret-of-thirty-two-characters-at-least');
      const wish = { alias, name: 'service', roles: ['operator'], secret } as const;
      const made = valueOf(await operator.ensureServiceClient(wish));
      expect(made).toEqual({
        changed: ['client'],
        value: { secret, client: { clientId: `agency.${alias}.service`, alias, name: 'service', roles: ['operator'] } },
      });
      expect(valueOf(await operator.ensureServiceClient(wish)).changed).toEqual([]);
      expect(valueOf(await operator.listServiceClients(alias))).toEqual([made.value.client]);

      const { tokens } = await clientToken(profile(), made.value.client.clientId, secret);
      const { principal } = valueOf(await verifier.verify(tokens?.accessToken ?? ''));
      expect(principal).toMatchObject({ azp: made.value.client.clientId, platformRoles: [] });
      expect({ ...principal.organizations }).toEqual({ [alias]: ['operator'] });

      const rotated = valueOf(await operator.rotateServiceClient(alias, 'service'));
      expect((await clientToken(profile(), made.value.client.clientId, secret)).status).toBe(401);
      expect((await clientToken(profile(), made.value.client.clientId, rotated)).status).toBe(200);
      expect(await operator.deleteServiceClient(alias, 'service')).toBe(true);
      expect(await operator.deleteServiceClient(alias, 'service')).toBe(false);
      expect((await clientToken(profile(), made.value.client.clientId, rotated)).status).toBe(401);
      expect(codeOf(await operator.rotateServiceClient(alias, 'service'))).toBe('SERVICE_CLIENT_UNKNOWN');
    });

    test('are put right when their roles or secret are others', async () => {
      const { operator, verifier } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      const first = valueOf(await operator.ensureServiceClient({ alias, name: 'service', roles: ['operator'] }));
      const more = valueOf(await operator.ensureServiceClient({ alias, name: 'service', roles: ['auditor', 'operator'] }));
      expect(more).toMatchObject({ changed: ['client'], value: { secret: first.value.secret } });
      const { tokens } = await clientToken(profile(), first.value.client.clientId, first.value.secret);
      expect(valueOf(await verifier.verify(tokens?.accessToken ?? '')).principal.organizations[alias]).toEqual(['auditor', 'operator']);
      const secret = freshName('a-secret-of-thirty-two-characters-at-least');
      const wish = { alias, name: 'service', roles: ['auditor', 'operator'], secret } as const;
      expect(valueOf(await operator.ensureServiceClient(wish))).toMatchObject({ changed: ['client secret'], value: { secret } });
      expect(valueOf(await operator.ensureServiceClient(wish)).changed).toEqual([]);
    });
  });

  describe('rights', () => {
    test('of the operator do not reach people, those of the console no clients', async () => {
      const { operator, console } = contractCity(profile());
      const { alias } = anOrganization(freshName('hospital'));
      await operator.ensureOrganization(anOrganization(alias));
      await expect(operator.listMembers(alias)).rejects.toMatchObject({ code: 'DIRECTORY_DENIED' });
      await expect(operator.findPerson('somebody@example.test')).rejects.toMatchObject({ code: 'DIRECTORY_DENIED' });
      await expect(console.ensureServiceClient({ alias, name: 'service', roles: [] })).rejects.toMatchObject({ code: 'DIRECTORY_DENIED' });
    });

    test('are refused with the wrong secret, which no message shows', async () => {
      const { url, realm } = profile();
      const credentials = { clientId: 'civitas-operator', clientSecret: freshName('wrong-secret') };
      const stranger = createKeycloakDirectory({ url, realm, clock: systemClock, credentials: () => credentials });
      const fault: unknown = await stranger.listOrganizations().catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(IdentityFault);
      expect(fault).toMatchObject({ code: 'DIRECTORY_CREDENTIALS' });
      expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain(credentials.clientSecret);
    });
  });
});
