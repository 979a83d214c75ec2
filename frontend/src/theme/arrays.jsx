// Lists: small maps as the rows of a table, single values as lines, everything else as cards.
import { buttonId, getUiOptions } from '@rjsf/utils';
import { t } from '../words.js';
import { isSection, Section } from './objects.jsx';
import { Decided, decidedAt } from './marks.jsx';

const SINGLE = new Set(['string', 'number', 'integer', 'boolean']);
const MOST_COLUMNS = 4;

/** The columns of a list that fits a table: few single values, always the same ones, none of them a text of many lines. */
function columns(schema, uiSchema) {
  const items = schema.items;
  if (items?.type !== 'object' || items.if || items.allOf || items.oneOf || items.anyOf) return null;
  const found = Object.entries(items.properties ?? {});
  const fits = found.every(([name, part]) => SINGLE.has(part.type) && getUiOptions(uiSchema?.items?.[name]).widget !== 'textarea');
  return fits && found.length > 0 && found.length <= MOST_COLUMNS ? found : null;
}

export function ArrayFieldTemplate(props) {
  const { items, canAdd, onAddClick, title, schema, uiSchema, fieldPathId, registry, disabled, readonly } = props;
  const { AddButton } = registry.templates.ButtonTemplates;
  const options = getUiOptions(uiSchema);
  const name = options.title ?? title;
  const add = canAdd && !readonly && (
    <AddButton id={buttonId(fieldPathId, 'add')} onClick={onAddClick} disabled={disabled} registry={registry} uiSchema={uiSchema} />
  );
  const body = <Items {...props} empty={options.emptyText ?? unset(schema, name)} />;
  if (isSection(registry, fieldPathId.path)) {
    return (
      <Section {...props} actions={add} count={items.length}>
        {body}
      </Section>
    );
  }
  return (
    <fieldset className="f-group" id={fieldPathId.$id}>
      <legend className="f-label">{name}</legend>
      {(options.description ?? schema.description) && <p className="f-help">{options.description ?? schema.description}</p>}
      {body}
      <div className="f-add">{add}</div>
      <Decided by={decidedAt(registry, fieldPathId.path)} />
    </fieldset>
  );
}

function Items({ items, schema, uiSchema, empty }) {
  if (items.length === 0) return <div className="f-empty">{empty}</div>;
  const heads = columns(schema, uiSchema);
  if (!heads) return <div className={schema.items?.type === 'object' ? 'f-items cards' : 'f-items'}>{items}</div>;
  return (
    <div className="f-rows" style={{ '--cols': heads.length }}>
      <div className="f-rowhead" aria-hidden="true">
        {heads.map(([key, part]) => (
          <span key={key}>{part.title ?? key}</span>
        ))}
      </div>
      {items}
    </div>
  );
}

function unset(schema, name) {
  if (schema.default?.length > 0) return t('By default: {value}', { value: JSON.stringify(schema.default) });
  return t('{name}: none yet.', { name });
}

export function ArrayFieldItemTemplate({ children, buttonsProps, hasToolbar, registry }) {
  const { RemoveButton, MoveUpButton, MoveDownButton } = registry.templates.ButtonTemplates;
  const { fieldPathId, hasMoveUp, hasMoveDown, hasRemove, disabled, readonly } = buttonsProps;
  return (
    <div className="f-row">
      {children}
      {hasToolbar && !readonly && (
        <div className="f-tools">
          {(hasMoveUp || hasMoveDown) && <MoveUpButton registry={registry} onClick={buttonsProps.onMoveUpItem} disabled={disabled || !hasMoveUp} />}
          {(hasMoveUp || hasMoveDown) && <MoveDownButton registry={registry} onClick={buttonsProps.onMoveDownItem} disabled={disabled || !hasMoveDown} />}
          {hasRemove && <RemoveButton id={buttonId(fieldPathId, 'remove')} registry={registry} onClick={buttonsProps.onRemoveItem} disabled={disabled} />}
        </div>
      )}
    </div>
  );
}
