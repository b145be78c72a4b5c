// The page at /docs: /openapi.json and /asyncapi.json, to be read and tried. Text goes into text nodes only.

/** A stream never ends: this much of an answer is shown. */
const MAX_ANSWER_CHARACTERS = 65_536;
const MAX_ANSWER_MS = 10_000;

/** An element with attributes and children; text children become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const key = () => document.getElementById('key')?.value.trim() ?? '';

async function load(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response.json();
}

/** A schema in a word or two: `string`, `integer`, `string[]`, `Message`. */
function typeOf(schema = {}) {
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return `${typeOf(schema.items)}[]`;
  return schema.type ?? 'any';
}

/** The fields of an object, those of objects within it indented below. */
function fieldRows(schema, path = '') {
  const inner = schema?.type === 'array' ? schema.items : schema;
  return Object.entries(inner?.properties ?? {}).flatMap(([name, field]) => {
    const isOptional = !(inner.required ?? []).includes(name);
    const place = `${path}${name}${field.type === 'array' ? '[]' : ''}`;
    const row = element(
      'tr',
      {},
      element('td', {}, place),
      element('td', {}, `${typeOf(field)}${isOptional ? ', optional' : ''}`),
      element('td', {}, field.description ?? ''),
    );
    return [row, ...fieldRows(field, `${place}.`)];
  });
}

function schemaTable(schema) {
  const rows = fieldRows(schema);
  if (rows.length === 0) return element('p', {}, element('code', {}, typeOf(schema)));
  return element('div', { class: 'scroll' }, element('table', {}, element('tbody', {}, ...rows)));
}

/** Where a parameter is typed in. */
function inputFor({ name, in: place, required, schema }) {
  const label = `${name} (${place})`;
  const choices = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : null);
  if (choices === null) {
    const hint = schema.default ?? schema.example ?? typeOf(schema);
    return element('input', {
      'aria-label': label,
      placeholder: hint,
      required,
      autocomplete: 'off',
      spellcheck: 'false',
    });
  }
  const options = ['', ...choices].map((choice) => element('option', { value: choice }, choice));
  return element('select', { 'aria-label': label }, ...options);
}

function parameterTable(parameters, inputs) {
  if (parameters.length === 0) return null;
  const rows = parameters.map((parameter) =>
    element(
      'tr',
      {},
      element('td', {}, parameter.name),
      element('td', {}, inputs.get(parameter)),
      element('td', {}, parameter.description ?? ''),
    ),
  );
  return element('div', { class: 'scroll' }, element('table', {}, element('tbody', {}, ...rows)));
}

/** The request that the inputs describe. */
function requestOf(method, path, inputs) {
  let target = path;
  const query = new URLSearchParams();
  const headers = {};
  for (const [{ name, in: place }, input] of inputs) {
    const value = input.value.trim();
    if (place === 'path') target = target.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== '' && place === 'query') query.set(name, value);
    else if (value !== '') headers[name] = value;
  }
  if (key() !== '') headers.Authorization = `Bearer ${key()}`;
  const search = query.size > 0 ? `?${query}` : '';
  return { method: method.toUpperCase(), url: `${location.origin}${target}${search}`, headers };
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curlOf({ method, url, headers }) {
  const parts = ['curl', ...(method === 'GET' ? [] : ['-X', method]), quote(url)];
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quote(`${name}: ${value}`));
  return parts.join(' ');
}

/** What came within the limits; a stream goes on without us. */
async function readSome(response, signal) {
  if (response.body === null) return '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    while (text.length < MAX_ANSWER_CHARACTERS && !signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += value;
    }
  } catch {
    // Cut off by the time limit: what came before is shown.
  }
  await reader.cancel().catch(() => {});
  return `${text.slice(0, MAX_ANSWER_CHARACTERS)}\n…`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(request, output) {
  output.hidden = false;
  output.classList.remove('failed');
  output.textContent = 'waiting';
  const signal = AbortSignal.timeout(MAX_ANSWER_MS);
  try {
    const { url, ...options } = request;
    const response = await fetch(url, { ...options, signal, cache: 'no-store' });
    const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    const body = pretty(await readSome(response, signal));
    output.classList.toggle('failed', response.status >= 400);
    output.textContent = [`${response.status} ${response.statusText}`, ...lines, '', body].join('\n');
  } catch (error) {
    output.classList.add('failed');
    output.textContent = String(error);
  }
}

/** Copying needs a secure page; on a plain-http network the line is shown to be copied by hand. */
async function copy(text, output) {
  output.hidden = false;
  output.classList.remove('failed');
  output.textContent = text;
  await navigator.clipboard?.writeText(text).catch(() => {});
}

function answerList(responses, schemas) {
  return Object.entries(responses).map(([status, { description, content = {} }]) => {
    const types = Object.entries(content).filter(([type]) => type !== 'application/problem+json');
    const tables = types.map(([type, { schema }]) => {
      const known = schema.$ref === undefined ? schema : schemas[typeOf(schema)];
      return element(
        'div',
        {},
        element('p', {}, element('code', {}, `${type}: ${typeOf(schema)}`)),
        schemaTable(known),
      );
    });
    return element('div', {}, element('p', {}, element('strong', {}, status), ` ${description}`), ...tables);
  });
}

function operationCard(method, path, operation, schemas) {
  const parameters = operation.parameters ?? [];
  const inputs = new Map(parameters.map((parameter) => [parameter, inputFor(parameter)]));
  const output = element('pre', { hidden: true, tabindex: '0', role: 'status' });
  const sendButton = element('button', { type: 'button' }, 'Send');
  const copyButton = element('button', { type: 'button' }, 'Copy curl');
  sendButton.addEventListener('click', () => {
    const missing = [...inputs].find(([{ required }, input]) => required && input.value.trim() === '');
    if (missing !== undefined) return missing[1].focus();
    const request = requestOf(method, path, inputs);
    if (method === 'get' || window.confirm(`${request.method} ${request.url}?`)) void send(request, output);
  });
  copyButton.addEventListener('click', () => void copy(curlOf(requestOf(method, path, inputs)), output));
  const scope = operation['x-scope'];
  return element(
    'details',
    { id: operation.operationId },
    element(
      'summary',
      {},
      element('span', { class: 'method' }, method.toUpperCase()),
      element('span', { class: 'path' }, path),
      ` ${operation.summary} `,
      scope === undefined ? null : element('span', { class: 'scope' }, `(${scope})`),
    ),
    element(
      'div',
      {},
      parameterTable(parameters, inputs),
      element('div', { class: 'actions' }, sendButton, copyButton),
      output,
      ...answerList(operation.responses, schemas),
    ),
  );
}

function restSections({ tags, paths, components }) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  return tags.map(({ name }) =>
    element(
      'section',
      {},
      element('h2', {}, name),
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ method, path, operation }) => operationCard(method, path, operation, components.schemas)),
    ),
  );
}

function frameSection({ info, channels, operations, components }) {
  const cards = Object.values(operations).flatMap(({ summary, messages }) =>
    messages.map(({ $ref }) => {
      const { name, summary: what, payload } = components.messages[$ref.split('/').at(-1)];
      const head = element('summary', {}, element('span', { class: 'path' }, name), ` ${what ?? ''} (${summary})`);
      return element('details', {}, head, element('div', {}, schemaTable(payload)));
    }),
  );
  const address = element('code', {}, channels.stream.address);
  return element('section', {}, element('h2', {}, 'Frames of ', address), element('p', {}, info.description), ...cards);
}

async function show() {
  const content = document.getElementById('content');
  try {
    const [rest, stream] = await Promise.all([load('/openapi.json'), load('/asyncapi.json')]);
    content.replaceChildren(...restSections(rest), frameSection(stream));
    document.getElementById(location.hash.slice(1))?.setAttribute('open', '');
  } catch (error) {
    content.replaceChildren(element('p', { class: 'failed' }, String(error)));
  }
  content.setAttribute('aria-busy', 'false');
}

void show();
