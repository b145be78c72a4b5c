import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeWith, temporaryDirectory } from '@dms/test-kit';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { documentedSecrets } from './documented-secrets.ts';
import { type Manifest, nameOf, parseManifests, podsOf, workloadsOf } from './manifests.ts';
import { type Mutant, REFERENCE_MUTANTS, TYPE_MUTANTS, VALUE_MUTANTS } from './mutants.ts';
import { referenceProblems } from './reference-problems.ts';
import { FOLDER, kubectl, render } from './rendered.ts';
import { typeProblems } from './type-problems.ts';
import { valueProblems } from './value-problems.ts';

const secrets = documentedSecrets();
const byName = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  [...items].sort((a, b) => a.name.localeCompare(b.name));

describeWith(kubectl, 'the manifests for Kubernetes', () => {
  let yaml = '';
  let manifests: readonly Manifest[] = [];
  let typeAnswers: readonly (readonly string[])[] = [];

  beforeAll(async () => {
    yaml = render(FOLDER);
    manifests = parseManifests(yaml);
    typeAnswers = await typeProblems([manifests, ...TYPE_MUTANTS.map(mutated)]);
  });

  /** @throws when there is nothing to break, so that no mutant outlives what it was about. */
  function mutated({ find, replacement }: Mutant): readonly Manifest[] {
    if (!yaml.includes(find)) throw new Error(`nothing to replace: ${find}`);
    return parseManifests(yaml.replace(find, () => replacement));
  }

  it('are these', () => {
    // Generated names end in a hash of the content.
    const names = manifests.map((manifest) => `${manifest.kind} ${nameOf(manifest).replace(/-[a-z0-9]{10}$/, '')}`);
    expect(names.sort()).toEqual([
      'ConfigMap dms-gateway',
      'ConfigMap dms-ingester',
      'Deployment dms-gateway',
      'Deployment dms-ingester',
      'HorizontalPodAutoscaler dms-gateway',
      'Ingress dms-gateway',
      'Job dms-migrate',
      'NetworkPolicy dms',
      'NetworkPolicy dms-gateway',
      'NetworkPolicy dms-ingester',
      'PodDisruptionBudget dms-gateway',
      'PodDisruptionBudget dms-ingester',
      'Service dms-gateway',
    ]);
  });

  it('have the shapes that the API declares, and values that it takes', () => {
    expect([...(typeAnswers[0] ?? []), ...valueProblems(manifests)]).toEqual([]);
  });

  it('name nothing that is not there', () => {
    expect(referenceProblems(manifests, secrets)).toEqual([]);
  });

  it('give every container as few rights as Pod Security calls restricted, and no disk to write', () => {
    const rights = workloadsOf(manifests).map(({ name, template: { spec } }) => ({
      name,
      pod: spec?.securityContext,
      token: spec?.automountServiceAccountToken,
      containers: spec?.containers.map(({ securityContext }) => securityContext),
    }));
    const least = {
      pod: { runAsNonRoot: true, runAsUser: 1_000, runAsGroup: 1_000, seccompProfile: { type: 'RuntimeDefault' } },
      token: false,
      containers: [{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }],
    };
    const names = ['dms-gateway', 'dms-ingester', 'dms-migrate'];
    expect(byName(rights)).toEqual(names.map((name) => ({ name, ...least })));
  });

  it('let each pod reach what it needs, and refuse the rest', () => {
    const policies = manifests.flatMap((one) => (one.kind === 'NetworkPolicy' ? [one] : []));
    const reach = workloadsOf(manifests).map((workload) => {
      const own = policies.filter(({ spec }) =>
        podsOf(manifests, spec?.podSelector.matchLabels).some(({ name }) => name === workload.name),
      );
      const egress = own.flatMap(({ spec }) => spec?.egress ?? []).flatMap(({ ports = [] }) => ports);
      return {
        name: workload.name,
        isClosed: own.some(({ spec }) => ['Ingress', 'Egress'].every((type) => spec?.policyTypes?.includes(type))),
        // A rule without a peer is open to everybody.
        openTo: own
          .flatMap(({ spec }) => spec?.ingress ?? [])
          .map(({ from, ports }) => [from !== undefined, ports?.[0]?.port]),
        reaches: [...new Set(egress.map(({ port }) => port))],
      };
    });
    const metrics = [true, 9464];
    expect(byName(reach)).toEqual([
      { name: 'dms-gateway', isClosed: true, openTo: [[false, 3000], metrics], reaches: [53, 5432, 6379, 26379] },
      { name: 'dms-ingester', isClosed: true, openTo: [metrics], reaches: [53, 5432, 6379, 26379, 443] },
      { name: 'dms-migrate', isClosed: true, openTo: [], reaches: [53, 5432] },
    ]);
  });

  it('take namespace, images and configuration from a kustomization around them', async () => {
    const around = await temporaryDirectory();
    const kustomization = {
      namespace: 'messages',
      // The older word for a folder among `resources`; Debian 12's kubectl knows no other.
      bases: [relative(around, FOLDER)],
      images: [{ name: 'discord-message-streamer/gateway', newName: 'registry.example/gateway', newTag: '9.9.9' }],
      configMapGenerator: [{ name: 'dms-gateway', behavior: 'merge', literals: ['TRUST_PROXY=2'] }],
    };
    writeFileSync(join(around, 'kustomization.yaml'), JSON.stringify(kustomization));
    const rendered = parseManifests(render(around));
    const gateway = workloadsOf(rendered).find(({ name }) => name === 'dms-gateway');
    const config = rendered.find((one) => one.kind === 'ConfigMap' && nameOf(one).startsWith('dms-gateway-'));
    expect(rendered.map(({ metadata }) => metadata?.namespace)).toEqual(manifests.map(() => 'messages'));
    expect(gateway?.template.spec?.containers[0]?.image).toBe('registry.example/gateway:9.9.9');
    expect(config).toMatchObject({ data: { TRUST_PROXY: '2', LOG_LEVEL: 'info' } });
    expect(referenceProblems(rendered, secrets)).toEqual([]);
  });

  describe('are refused with', () => {
    it.each(TYPE_MUTANTS.map((mutant, index) => ({ ...mutant, index })))('$title', ({ noticed, index }) => {
      expect(typeAnswers[index + 1]).toContainEqual(expect.stringMatching(noticed));
    });

    it.each(VALUE_MUTANTS)('$title', (mutant) => {
      expect(valueProblems(mutated(mutant))).toContainEqual(expect.stringMatching(mutant.noticed));
    });

    it.each(REFERENCE_MUTANTS)('$title', (mutant) => {
      expect(referenceProblems(mutated(mutant), secrets)).toContainEqual(expect.stringMatching(mutant.noticed));
    });
  });
});
