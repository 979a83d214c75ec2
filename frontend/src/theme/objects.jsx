// Maps: the root is a page of sections, what lies in a section is a group of fields.
import { createContext, useContext, useState } from 'react';
import { ANY_OF_KEY, buttonId, canExpand, getUiOptions, ONE_OF_KEY, titleId } from '@rjsf/utils';
import { Icon } from '../icons.jsx';
import { t } from '../words.js';
import { Decided, decidedAt } from './marks.jsx';

const BLOCKS = ['object', 'array'];
/** Sections that stand open at first, whether filled in or not. */
const OPEN = 2;
const Place = createContext(0);

/** How deep the sections lie: a root that holds one map only is a wrapper around them. */
function sectionsAt(registry) {
  const inner = Object.values(registry.rootSchema.properties ?? {});
  return inner.length === 1 && inner[0].type === 'object' ? 1 : 0;
}

export const holdsSections = (registry, path) => path.length <= sectionsAt(registry);
export const isSection = (registry, path) => path.length === sectionsAt(registry) + 1;

export function ObjectFieldTemplate(props) {
  const { fieldPathId, registry, properties, title, uiSchema } = props;
  const path = fieldPathId.path;
  const fields = properties.map((property) => property.content);
  if (path.length < sectionsAt(registry)) return fields;
  if (path.length === sectionsAt(registry)) return <Sections {...props} />;
  const add = <AddKey {...props} />;
  if (typeof path.at(-1) === 'number') return <div className="f-cells f-grid">{fields}{add}</div>;
  if (isSection(registry, path)) return <Section {...props}><div className="f-grid">{fields}{add}</div></Section>;
  return (
    <fieldset className="f-group" id={fieldPathId.$id}>
      <legend className="f-label">{getUiOptions(uiSchema).title ?? title}</legend>
      <div className="f-grid">{fields}</div>
      {add}
      <Decided by={decidedAt(registry, path)} />
    </fieldset>
  );
}

/** Single values together in a first card, each map and list in one of its own. */
function Sections(props) {
  const { fieldPathId, properties, registry, schema, title } = props;
  const isBlock = ({ name }) => BLOCKS.includes(schema.properties?.[name]?.type) || schema.properties?.[name]?.[ONE_OF_KEY] || schema.properties?.[name]?.[ANY_OF_KEY];
  const single = properties.filter((property) => !property.hidden && !isBlock(property));
  const blocks = properties.filter(isBlock);
  const general = single.length > 0 && (
    <section className={registry.formContext.plain ? 'f-plain' : 'f-card'} key="general" id={fieldPathId.$id}>
      {!registry.formContext.plain && (
        <div className="f-head">
          <h2 id={titleId(fieldPathId)}>{blocks.length > 0 ? t('{title}: basics', { title: title || t('General') }) : title || t('General')}</h2>
        </div>
      )}
      <div className="f-body f-grid">{single.map((property) => property.content)}</div>
    </section>
  );
  const drawn = blocks.map((property, place) => (
    <Place.Provider value={place} key={property.name}>
      {property.content}
    </Place.Provider>
  ));
  // The schema's order decides whether the card of single values comes first.
  const first = single.length > 0 && properties.indexOf(single[0]) < properties.indexOf(blocks[0]);
  return (
    <div className="f-sections">
      {first || blocks.length === 0 ? [general, drawn] : [drawn[0], general, drawn.slice(1)]}
      <AddKey {...props} />
    </div>
  );
}

/** A card that opens and closes; it stands open where something is filled in or wrong. */
export function Section({ title, schema, uiSchema, fieldPathId, formData, registry, actions, count, children }) {
  const place = useContext(Place);
  const filled = formData !== undefined && formData !== null && Object.keys(formData).length > 0;
  const [open, setOpen] = useState(filled || place < OPEN);
  const wrong = registry.formContext.all ? wrongIn(registry, fieldPathId.path) : 0;
  const options = getUiOptions(uiSchema);
  const description = options.description ?? schema.description;
  const shown = open || wrong > 0;
  return (
    <section className="f-card" id={fieldPathId.$id}>
      <div className="f-head">
        <h2>
          <button type="button" aria-expanded={shown} aria-controls={`${fieldPathId.$id}-body`} onClick={() => setOpen(!shown)}>
            <Icon name="open" />
            {options.title ?? title}
            {count > 0 && <span className="pill">{count}</span>}
            {wrong > 0 && <span className="pill bad">{t('{n} to correct', { n: wrong })}</span>}
            {!shown && !filled && <span className="f-unset">{t('as it comes')}</span>}
          </button>
        </h2>
        {shown && actions}
        {shown && description && <p>{description}</p>}
      </div>
      <div className="f-body" id={`${fieldPathId.$id}-body`} hidden={!shown}>
        {children}
        <Decided by={decidedAt(registry, fieldPathId.path)} />
      </div>
    </section>
  );
}

function wrongIn(registry, path) {
  return registry.formContext.wrong.filter((pointer) => `${pointer}/`.startsWith(`/${path.join('/')}/`)).length;
}

function AddKey({ schema, uiSchema, formData, fieldPathId, onAddProperty, disabled, readonly, registry }) {
  const { AddButton } = registry.templates.ButtonTemplates;
  if (!canExpand(schema, uiSchema, formData)) return null;
  return <AddButton id={buttonId(fieldPathId, 'add')} className="f-add" onClick={onAddProperty} disabled={disabled || readonly} registry={registry} uiSchema={uiSchema} />;
}
