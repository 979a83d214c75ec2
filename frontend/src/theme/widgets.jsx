// What a value is typed or chosen with. A field that holds nothing shows its default and sends nothing.
import { ariaDescribedByIds, enumOptionsIsSelected, getInputProps, getUiOptions, optionId } from '@rjsf/utils';
import { Icon } from '../icons.jsx';
import { t } from '../words.js';
import { speaks } from './marks.jsx';

const SIZE = /^([^:·]+)[:·]\s*(.+)$/;
const MOST_CARDS = 8;

/** Choices that each have a name and a description, such as sizes, are drawn as cards. */
export function isCards(schema, options) {
  const names = options.enumNames;
  return Array.isArray(names) && names.length > 2 && names.length <= MOST_CARDS && names.every((name) => SIZE.test(name));
}

const wrong = ({ registry, id, rawErrors }) => (rawErrors?.length > 0 && speaks(registry, id)) || undefined;

/** Texts whose form is strict are set in the typeface of code. */
const isCode = (schema) => Boolean(schema.pattern || schema.format);

export function BaseInputTemplate(props) {
  const { id, htmlName, value, readonly, disabled, autofocus, onBlur, onFocus, onChange, onChangeOverride, options, schema, type, placeholder, required } = props;
  const fallback = schema.default === undefined || schema.default === '' ? '' : String(schema.default);
  return (
    <input
      id={id}
      name={htmlName || id}
      className={`f-input ${isCode(schema) ? 'mono' : ''}`}
      placeholder={placeholder || fallback}
      required={required}
      readOnly={readonly}
      disabled={disabled}
      autoFocus={autofocus}
      {...getInputProps(schema, type, options)}
      value={value ?? ''}
      onChange={onChangeOverride ?? (({ target }) => onChange(target.value === '' ? options.emptyValue : target.value))}
      onBlur={({ target }) => onBlur(id, target.value)}
      onFocus={({ target }) => onFocus(id, target.value)}
      aria-invalid={wrong(props)}
      aria-describedby={ariaDescribedByIds(id)}
      autoComplete="off"
      spellCheck={false}
    />
  );
}

export function TextareaWidget(props) {
  const { id, htmlName, value, readonly, disabled, onBlur, onFocus, onChange, options, placeholder, required } = props;
  return (
    <textarea
      id={id}
      name={htmlName || id}
      className="f-input mono"
      rows={options.rows ?? 5}
      placeholder={placeholder}
      required={required}
      readOnly={readonly}
      disabled={disabled}
      value={value ?? ''}
      onChange={({ target }) => onChange(target.value === '' ? options.emptyValue : target.value)}
      onBlur={({ target }) => onBlur(id, target.value)}
      onFocus={({ target }) => onFocus(id, target.value)}
      aria-invalid={wrong(props)}
      aria-describedby={ariaDescribedByIds(id)}
      spellCheck={false}
    />
  );
}

export function SelectWidget(props) {
  const { id, htmlName, options, value, required, disabled, readonly, multiple, onChange, onBlur, schema, placeholder } = props;
  if (!multiple && isCards(schema, options)) return <CardsWidget {...props} />;
  const choices = options.enumOptions ?? [];
  const placeOf = (wanted) => choices.findIndex((choice) => enumOptionsIsSelected(choice.value, wanted));
  const chosen = multiple ? choices.map((_, place) => String(place)).filter((place) => (value ?? []).includes(choices[place].value)) : String(placeOf(value ?? schema.default));
  const pick = ({ target }) => {
    if (multiple) return onChange([...target.selectedOptions].map((option) => choices[Number(option.value)].value));
    return onChange(target.value === '-1' ? options.emptyValue : choices[Number(target.value)].value);
  };
  return (
    <select
      id={id}
      name={htmlName || id}
      className="f-input"
      required={required}
      disabled={disabled || readonly}
      multiple={multiple}
      value={chosen}
      onChange={pick}
      onBlur={({ target }) => onBlur(id, target.value)}
      aria-invalid={wrong(props)}
      aria-describedby={ariaDescribedByIds(id)}
    >
      {!multiple && schema.default === undefined && <option value="-1">{placeholder || t('Select…')}</option>}
      {choices.map((choice, place) => (
        <option key={choice.label} value={place}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

function Choices({ id, options, value, disabled, readonly, required, onChange, label, className, Choice, schema }) {
  return (
    <div className={className} role="radiogroup" id={id} aria-label={label}>
      {(options.enumOptions ?? []).map((choice, place) => (
        <Choice key={choice.label} label={String(choice.label)}>
          <input
            type="radio"
            name={id}
            id={optionId(id, place)}
            checked={enumOptionsIsSelected(choice.value, value ?? schema.default)}
            required={required}
            disabled={disabled || readonly}
            onChange={() => onChange(choice.value)}
          />
        </Choice>
      ))}
    </div>
  );
}

const Segment = ({ label, children }) => (
  <label>
    {children}
    {label}
  </label>
);

function Card({ label, children }) {
  const [, name, description] = SIZE.exec(label) ?? [null, label, ''];
  return (
    <label className="f-opt">
      {children}
      <b>{name}</b>
      {description && <small>{description}</small>}
    </label>
  );
}

export const RadioWidget = (props) => <Choices {...props} className="f-seg" Choice={Segment} />;
export const CardsWidget = (props) => <Choices {...props} className="f-opts" Choice={Card} />;

export function CheckboxWidget({ id, htmlName, value, disabled, readonly, label, onChange, options, schema }) {
  const description = options.description ?? schema.description;
  return (
    <label className="f-switch">
      <input
        type="checkbox"
        role="switch"
        id={id}
        name={htmlName || id}
        checked={Boolean(value ?? schema.default)}
        disabled={disabled || readonly}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>
        {label}
        {description && <small>{description}</small>}
      </span>
    </label>
  );
}

const button = (icon, says) =>
  function IconButton({ registry, uiSchema, iconType, icon: _, className, ...rest }) {
    const title = says();
    return (
      <button type="button" className="f-x" title={title} aria-label={title} {...rest}>
        <Icon name={icon} />
      </button>
    );
  };

export const RemoveButton = button('remove', () => t('Remove'));
export const MoveUpButton = button('up', () => t('Move up'));
export const MoveDownButton = button('down', () => t('Move down'));

export function AddButton({ registry, uiSchema, className, iconType, icon, ...rest }) {
  return (
    <button type="button" className={`btn sm ${className ?? ''}`} {...rest}>
      <Icon name="plus" size={13} />
      {getUiOptions(uiSchema).addText ?? t('Add')}
    </button>
  );
}
