/** A manifest that is broken in one place, and who has to notice: `find` is replaced once in what kubectl rendered. */
export interface Mutant {
  readonly title: string;
  readonly find: string;
  readonly replacement: string;
  readonly noticed: RegExp;
}

const mutant = (title: string, find: string, replacement: string, noticed: RegExp): Mutant => ({
  title,
  find,
  replacement,
  noticed,
});

/** For TypeScript. */
export const TYPE_MUTANTS: readonly Mutant[] = [
  mutant('a misspelled field', 'readinessProbe:', 'readynessProbe:', /readynessProbe/),
  mutant('a misspelled field deep inside', 'periodSeconds: 5', 'periodSecond: 5', /periodSecond\b/),
  mutant('a field in the wrong place', 'selector:', 'matchLabels: {}\n  selector:', /matchLabels/),
  mutant('a text for a number', 'minReplicas: 3', 'minReplicas: "3"', /'string' is not assignable to type 'number/),
  mutant(
    'a number for a text',
    'name: METRICS_PORT\n          value: "9464"',
    'name: METRICS_PORT\n          value: 9464',
    /'number' is not assignable to type 'string/,
  ),
  mutant(
    'a text for a truth',
    'runAsNonRoot: true',
    'runAsNonRoot: "true"',
    /'string' is not assignable to type 'boolean/,
  ),
  mutant('an object for a list', 'drop:\n            - ALL', 'drop: {}', /string\[\]/),
  mutant('a missing required field', 'maxReplicas: 50', '', /maxReplicas/),
  mutant('a container without a name', '        name: migrate\n', '', /name/),
  mutant('an object without a spec', 'spec:\n  minAvailable: 1', 'status:\n  currentHealthy: 1', /spec/),
  mutant('a version of the API that does not serve the kind', 'autoscaling/v2', 'autoscaling/v3', /autoscaling\/v3/),
  mutant('a label that YAML reads as a number', 'component: gateway', 'component: 1', /'number' is not assignable/),
];

/** For `valueProblems`. */
export const VALUE_MUTANTS: readonly Mutant[] = [
  mutant('a strategy that stops everything first', 'type: RollingUpdate', 'type: Recreate', /strategy\.type/),
  mutant('an unknown policy type', '- Egress', '- Outgress', /policyTypes/),
  mutant('a quantity without such a unit', 'memory: 256Mi', 'memory: 256MB', /memory/),
  mutant('a probe of a path that nobody serves', 'path: /health/ready', 'path: /healthz', /healthz/),
  mutant('a name that is no DNS label', 'name: dms-migrate', 'name: dms_migrate', /dms_migrate/),
];

/** For `referenceProblems`. */
export const REFERENCE_MUTANTS: readonly Mutant[] = [
  mutant('a secret that nobody makes', 'secretName: dms\n', 'secretName: dsm\n', /no secret dsm with a key/),
  mutant('a key that the secret lacks', 'key: API_KEYS', 'key: API_KEY', /no secret dms with a key API_KEY$/),
  mutant('a certificate that nobody makes', 'secretName: dms-tls', 'secretName: tls', /no secret tls/),
  mutant(
    'a config map that is not generated',
    'configMapRef:\n            name: dms-gateway',
    'configMapRef:\n            name: dms-gateways',
    /no config map dms-gateways/,
  ),
  mutant(
    'a volume that is not there',
    '- name: secrets\n        secret:',
    '- name: secret\n        secret:',
    /no volume secrets/,
  ),
  mutant(
    'a file that is not mounted',
    'value: /run/secrets/dms/API_KEYS',
    'value: /run/secrets/API_KEYS',
    /secrets\/API_KEYS is not mounted/,
  ),
  mutant(
    'a probe of a port without a name',
    'port: http\n          periodSeconds',
    'port: web\n          periodSeconds',
    /probes web/,
  ),
  mutant(
    'a process that opens another port',
    'name: PORT\n          value: "3000"',
    'name: PORT\n          value: "8080"',
    /opens: 8080/,
  ),
  mutant(
    'a service that selects nobody',
    'selector:\n    app.kubernetes.io/component: gateway',
    'selector:\n    app.kubernetes.io/component: gate',
    /Service dms-gateway: selects no pod/,
  ),
  mutant(
    'a service of another port',
    'targetPort: http',
    'targetPort: web',
    /Service dms-gateway: no pod listens on web/,
  ),
  mutant(
    'a deployment that selects others',
    'matchLabels:\n      app.kubernetes.io/component: ingester',
    'matchLabels:\n      app.kubernetes.io/component: gateway',
    /selects the pods of dms-gateway/,
  ),
  mutant(
    'an autoscaler of nothing',
    'kind: Deployment\n    name: dms-gateway',
    'kind: Deployment\n    name: gateway',
    /no Deployment gateway/,
  ),
  mutant(
    'an autoscaler against a fixed number',
    'strategy:\n    rollingUpdate:\n      maxSurge: 25%',
    'replicas: 3\n  strategy:\n    rollingUpdate:\n      maxSurge: 25%',
    /sets replicas itself/,
  ),
  mutant(
    'an ingress to nowhere',
    'service:\n            name: dms-gateway',
    'service:\n            name: gateway',
    /no service and port gateway:http/,
  ),
  mutant(
    'a network policy for a closed port',
    'port: 3000\n      protocol',
    'port: 3001\n      protocol',
    /no pod listens on 3001/,
  ),
  mutant(
    'a network policy for nobody',
    'podSelector:\n    matchLabels:\n      app.kubernetes.io/name: dms',
    'podSelector:\n    matchLabels:\n      app.kubernetes.io/name: dsm',
    /selects no pod/,
  ),
  mutant(
    'a budget for nobody',
    'minAvailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: ingester',
    'minAvailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: ingestor',
    /PodDisruptionBudget dms-ingester: selects no pod/,
  ),
  mutant(
    'pods spread by the place of others',
    'labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: ingester',
    'labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: gateway',
    /spreads other pods/,
  ),
  mutant(
    'a secret that the container has no use for',
    '- key: API_KEYS\n            path: API_KEYS',
    '- key: API_KEYS\n            path: API_KEYS\n          - key: DISCORD_TOKEN\n            path: DISCORD_TOKEN',
    /DISCORD_TOKEN is mounted, and no variable names it/,
  ),
  mutant('two of one name', 'name: dms\nspec:', 'name: dms-gateway\nspec:', /NetworkPolicy dms-gateway is there twice/),
];
