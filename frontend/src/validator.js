// The validator of react-jsonschema-form without eval, with the messages of the server (horizon/catalog/schema.py).
import { Validator } from '@cfworker/json-schema';
import { createErrorHandler, getDefaultFormState, toErrorSchema, unwrapErrorHandler, validationDataMerge } from '@rjsf/utils';

/** Keywords that only pass on what another keyword says. */
const APPLICATORS = new Set([
  'properties', 'items', 'prefixItems', 'additionalItems', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems', 'patternProperties',
  'allOf', '$ref', 'if', 'then', 'else', 'dependentSchemas', 'dependencies',
]);

const KINDS = { string: 'text', number: 'a number', integer: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map', null: 'null' };
const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const list = (values) => values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ');

const MESSAGES = {
  type: (value) => `must be ${[value].flat().map((kind) => KINDS[kind]).join(' or ')}`,
  enum: (value) => `must be one of ${list(value)}`,
  const: (value) => `must be ${JSON.stringify(value)}`,
  minimum: (value) => `must be at least ${value}`,
  maximum: (value) => `must be at most ${value}`,
  exclusiveMinimum: (value) => `must be more than ${value}`,
  exclusiveMaximum: (value) => `must be less than ${value}`,
  multipleOf: (value) => `must be a multiple of ${value}`,
  minLength: (value) => (value === 1 ? 'must not be empty' : `must have at least ${value} characters`),
  maxLength: (value) => `must have at most ${value} characters`,
  minItems: (value) => `must have at least ${count(value, 'item')}`,
  maxItems: (value) => `must have at most ${count(value, 'item')}`,
  uniqueItems: () => 'must not hold the same item twice',
  minProperties: (value) => `must have at least ${count(value, 'key')}`,
  maxProperties: (value) => `must have at most ${count(value, 'key')}`,
  pattern: (value, schema) => schema['x-message'] ?? `must match the pattern ${value}`,
  format: (value) => `must be a valid ${value}`,
  not: () => 'is a combination that is not allowed',
  oneOf: () => 'must match exactly one of the allowed forms',
  anyOf: () => 'must match one of the allowed forms',
  contains: () => 'lacks an item that is needed',
  false: () => 'is not a known key',
};

const steps = (pointer) => pointer.replace(/^#/, '').split('/').slice(1).map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));

/** The part of a schema that says the keyword at this location. */
function saying(root, location) {
  let part = root;
  for (const step of steps(location).slice(0, -1)) {
    part = step === '$ref' ? steps(part.$ref).reduce((inner, key) => inner?.[key], root) : part?.[step];
  }
  return part ?? {};
}

/** A copy without `undefined`, which the validator does not take. */
const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
const compiled = new WeakMap();

function validator(schema, root) {
  if (!compiled.has(schema)) {
    const { $id, ...own } = root && root !== schema ? { ...schema, $defs: root.$defs, definitions: root.definitions } : schema;
    compiled.set(schema, new Validator(plain(own), '2020-12', false));
  }
  return compiled.get(schema);
}

function shown(error, schema) {
  const path = steps(error.instanceLocation);
  const part = saying(schema, error.keywordLocation);
  let message = MESSAGES[error.keyword]?.(part[error.keyword], part) ?? error.error;
  if (error.keyword === 'required') {
    path.push(/"([^"]+)"/.exec(error.error)?.[1] ?? '');
    message = 'is required';
  }
  return { name: error.keyword, message, params: {}, property: path.map((step) => `.${step}`).join(''), schemaPath: error.keywordLocation, stack: `${path.join('.')} ${message}` };
}

export default {
  rawValidation(schema, data) {
    try {
      const { valid, errors } = validator(schema).validate(plain(data) ?? {});
      return { errors: valid ? [] : errors.filter((error) => !APPLICATORS.has(error.keyword)) };
    } catch (validationError) {
      return { validationError };
    }
  },
  isValid(schema, data, root) {
    if (typeof schema === 'boolean') return schema;
    try {
      return validator(schema, root).validate(plain(data) ?? null).valid;
    } catch {
      return false;
    }
  },
  validateFormData(data, schema, customValidate, transformErrors, uiSchema) {
    const raw = this.rawValidation(schema, data);
    let errors = raw.validationError ? [{ stack: raw.validationError.message }] : raw.errors.map((error) => shown(error, schema));
    if (transformErrors) errors = transformErrors(errors, uiSchema);
    const found = { errors, errorSchema: toErrorSchema(errors) };
    if (typeof customValidate !== 'function') return found;
    const filled = getDefaultFormState(this, schema, data, schema, true);
    return validationDataMerge(found, unwrapErrorHandler(customValidate(filled, createErrorHandler(filled), uiSchema)));
  },
  reset() {},
};
