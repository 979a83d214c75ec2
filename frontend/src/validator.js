// The validator of react-jsonschema-form without eval, with the messages of the server (horizon/catalog/schema.py).
import { Validator } from '@cfworker/json-schema';
import { createErrorHandler, getDefaultFormState, toErrorSchema, unwrapErrorHandler, validationDataMerge } from '@rjsf/utils';
import { t } from './words.js';

/** Keywords that only pass on what another keyword says. */
const APPLICATORS = new Set([
  'properties', 'items', 'prefixItems', 'additionalItems', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems', 'patternProperties',
  'allOf', '$ref', 'if', 'then', 'else', 'dependentSchemas', 'dependencies',
]);

const KINDS = {
  string: () => t('text'),
  number: () => t('a number'),
  integer: () => t('a whole number'),
  boolean: () => t('true or false'),
  array: () => t('a list'),
  object: () => t('a map'),
  null: () => 'null',
};
const list = (values) => values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ');

const MESSAGES = {
  type: (value) => t('must be {kind}', { kind: [value].flat().map((kind) => KINDS[kind]()).join(t(' or ')) }),
  enum: (value) => t('must be one of {list}', { list: list(value) }),
  const: (value) => t('must be {kind}', { kind: JSON.stringify(value) }),
  minimum: (value) => t('must be at least {value}', { value }),
  maximum: (value) => t('must be at most {value}', { value }),
  exclusiveMinimum: (value) => t('must be more than {value}', { value }),
  exclusiveMaximum: (value) => t('must be less than {value}', { value }),
  multipleOf: (value) => t('must be a multiple of {value}', { value }),
  minLength: (value) => (value === 1 ? t('must not be empty') : t('must have at least {value} characters', { value })),
  maxLength: (value) => t('must have at most {value} characters', { value }),
  minItems: (value) => (value === 1 ? t('must have at least 1 item') : t('must have at least {value} items', { value })),
  maxItems: (value) => (value === 1 ? t('must have at most 1 item') : t('must have at most {value} items', { value })),
  uniqueItems: () => t('must not hold the same item twice'),
  minProperties: (value) => (value === 1 ? t('must have at least 1 key') : t('must have at least {value} keys', { value })),
  maxProperties: (value) => (value === 1 ? t('must have at most 1 key') : t('must have at most {value} keys', { value })),
  pattern: (value, schema) => schema['x-message'] ?? t('must match the pattern {value}', { value }),
  format: (value) => t('must be a valid {value}', { value }),
  not: () => t('is a combination that is not allowed'),
  oneOf: () => t('must match exactly one of the allowed forms'),
  anyOf: () => t('must match one of the allowed forms'),
  contains: () => t('lacks an item that is needed'),
  false: () => t('is not a known key'),
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
    message = t('is required');
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
