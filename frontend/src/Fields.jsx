// Fields drawn from two schemas, with the errors of browser and server at each.
import { forwardRef, useCallback, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { createSchemaUtils } from '@rjsf/utils';
import { errorTree, sent } from './data.js';
import Form from './theme/index.js';
import validator from './validator.js';

/** Empty fields hold nothing: their defaults are the template's, so that a later release may change them. */
const DEFAULTS = { emptyObjectFields: 'populateRequiredDefaults', arrayMinItems: { populate: 'requiredOnly' } };

/** Pointers of what the browser finds wrong. */
const found = (schema, data) => validator.validateFormData(data, schema).errors.map((error) => (error.property ?? '').replaceAll('.', '/'));

/** Whether the browser finds nothing wrong. The server looks again. */
export const isRight = (schema, data) => found(schema, data).length === 0;

/** What of some data this schema knows. */
export const known = (schema, data) => createSchemaUtils(validator, schema).omitExtraData(schema, data) ?? {};

/**
 * `onChange(data, clean)` is told what would be sent: `first` is what was there, of which even the empty stays.
 * The handle's `check()` shows all errors, moves to the first one, and says whether there was none.
 */
export const Fields = forwardRef(function Fields({ schema, ui, data, first, errors, decided, plain, disabled, onChange, idPrefix }, handle) {
  const [touched, setTouched] = useState(() => new Set());
  const [all, setAll] = useState(false);
  const form = useRef(null);
  const box = useRef(null);
  const told = useMemo(() => (errors?.length ? errorTree(errors) : undefined), [errors]);
  const wrong = useMemo(() => [...found(schema, data), ...(errors ?? []).map((error) => error.pointer)], [schema, data, errors]);
  // Plain data only: react-jsonschema-form takes two functions for the same, and would not draw again.
  const context = useMemo(() => ({ touched, all: all || Boolean(told), decided, plain, wrong }), [touched, all, told, decided, plain, wrong]);
  const left = useCallback((id) => setTouched((before) => (before.has(id) ? before : new Set(before).add(id))), []);

  useImperativeHandle(handle, () => ({
    check() {
      const fine = form.current.validateForm();
      setAll(true);
      if (!fine) showFirst(box);
      return fine;
    },
    showFirst: () => showFirst(box),
  }));

  return (
    <div ref={box}>
      <Form
        ref={form}
        tagName="div"
        className="f-form"
        idPrefix={idPrefix ?? 'root'}
        schema={schema}
        uiSchema={ui}
        formData={data}
        formContext={context}
        extraErrors={told}
        validator={validator}
        experimental_defaultFormStateBehavior={DEFAULTS}
        omitExtraData
        liveOmit="onChange"
        liveValidate="onChange"
        noHtml5Validate
        showErrorList={false}
        disabled={disabled}
        onBlur={left}
        onError={() => {}}
        onChange={({ formData }) => onChange(formData, sent(formData, first))}
      />
    </div>
  );
});

/** Move to the first field that is wrong, once its section has opened. */
function showFirst(box) {
  setTimeout(() => {
    const field = box.current?.querySelector('[aria-invalid=true]') ?? box.current?.querySelector('.f-error');
    field?.scrollIntoView({ block: 'center' });
    field?.focus?.({ preventScroll: true });
  }, 50);
}
