// One field: its label, what it holds unless set, its error or its help.
import { descriptionId, errorId, getTemplate, getUiOptions, helpId } from '@rjsf/utils';
import { Icon } from '../icons.jsx';
import { t } from '../words.js';
import { holdsSections } from './objects.jsx';
import { Decided, decidedAt, speaks } from './marks.jsx';
import { isCards } from './widgets.jsx';

const BLOCKS = ['object', 'array'];

export function FieldTemplate(props) {
  const { id, fieldPathId, label, children, errors, help, rawDescription, rawErrors, hidden, required, displayLabel, uiSchema, registry, schema, formData } = props;
  if (hidden) return <div hidden>{children}</div>;
  if (holdsSections(registry, fieldPathId.path)) return children;
  const options = getUiOptions(uiSchema);
  const Wrap = getTemplate('WrapIfAdditionalTemplate', registry, options);
  const block = BLOCKS.includes(schema.type);
  const bad = rawErrors?.length > 0 && speaks(registry, id);
  const wide = isCards(schema, options) ? '' : (options.col ?? '');
  return (
    <Wrap {...props}>
      <div className={`f-field ${wide} ${bad && !block ? 'invalid' : ''}`}>
        {displayLabel && (
          <label className="f-label" htmlFor={id}>
            {label}
            {!required && <span className="f-unset">{unset(schema, formData)}</span>}
          </label>
        )}
        {children}
        {bad && errors}
        {displayLabel && rawDescription && !bad && (
          <p className="f-help" id={descriptionId(id)}>
            {rawDescription}
          </p>
        )}
        {help}
        {!block && <Decided by={decidedAt(registry, fieldPathId.path)} />}
      </div>
    </Wrap>
  );
}

/** What counts while the field is empty. */
function unset(schema, value) {
  if (value !== undefined && value !== '') return '';
  return schema.default === undefined || schema.default === '' || schema.enum ? t('optional') : t('default {value}', { value: schema.default });
}

export function FieldErrorTemplate({ errors, fieldPathId }) {
  if (!errors?.length) return null;
  return (
    <div className="f-error" role="alert" id={errorId(fieldPathId)}>
      <Icon name="warn" size={13} />
      {errors[0]}
    </div>
  );
}

export function FieldHelpTemplate({ help, fieldPathId }) {
  return help ? (
    <p className="f-help" id={helpId(fieldPathId)}>
      {help}
    </p>
  ) : null;
}

/** A key that the schema does not name has a field for the key itself. */
export function WrapIfAdditionalTemplate({ children, id, label, schema, onKeyRenameBlur, onRemoveProperty, registry, disabled, readonly }) {
  if (!schema.__additional_property) return children;
  const { RemoveButton } = registry.templates.ButtonTemplates;
  return (
    <div className="f-extra">
      <input className="f-input mono" id={`${id}-key`} aria-label={t('Key')} defaultValue={label} onBlur={onKeyRenameBlur} disabled={disabled || readonly} />
      {children}
      <RemoveButton registry={registry} onClick={onRemoveProperty} />
    </div>
  );
}
