// The editor by the tokens of app.css, which reach into its shadow root: light and dark follow by themselves.
import { HighlightStyle } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export const look = EditorView.theme({
  '&': {
    border: '1px solid var(--border-strong)',
    borderRadius: 'var(--r-sm)',
    backgroundColor: 'var(--surface)',
    color: 'var(--fg)',
    minHeight: 'var(--least)',
    maxHeight: '75vh',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { font: '12.5px/1.55 var(--mono)', overflow: 'auto', minHeight: '0', flex: '1' },
  '.cm-content': { caretColor: 'var(--fg)', padding: '8px 0' },
  '.cm-line': { padding: '0 11px 0 7px', overflowWrap: 'anywhere' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', borderRight: '0' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '28px', padding: '0 4px 0 6px', fontVariantNumeric: 'tabular-nums' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--fg) 4%, transparent)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', color: 'inherit' },
  '.cm-gutter-lint': { width: '14px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 0 0 3px' },
  '.cm-lint-marker-error': { content: 'none', width: '8px', height: '8px', margin: '6px 1px 0', borderRadius: '50%', backgroundColor: 'var(--bad-solid)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad-solid) 1px', textUnderlineOffset: '3px' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--fg)', border: '1px solid var(--border-strong)', borderRadius: 'var(--r-sm)', boxShadow: 'var(--shadow-lg)', overflow: 'clip' },
  '.cm-diagnostic': { font: '13px/1.45 var(--sans)', padding: '6px 10px', maxWidth: 'min(420px, 80vw)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad-solid)' },
  '.cm-panels': { position: 'static', backgroundColor: 'var(--raised)', color: 'var(--muted)', zIndex: '1' },
  '.cm-panels-bottom': { borderTop: '1px solid var(--border)' },
  '.keys': { margin: '0', padding: '5px 11px', font: '12px/1.5 var(--sans)' },
});

export const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ok)' },
  { tag: [tags.labelName, tags.typeName, tags.meta, tags.keyword], color: 'var(--warn)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);
