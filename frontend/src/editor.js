// A config as YAML in CodeMirror, over the page's own text area: that stays what is sent, and is all there is without this script.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { diagnosticCount, lintGutter, nextDiagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, showPanel } from '@codemirror/view';
import { colours, look } from './editor-look.js';
import { placeOf } from './places.js';

/** An editor in the place of this text area, which keeps what is typed and tells of it as if it were typed there. */
function editorOver(area) {
  const host = document.createElement('div');
  host.className = 'editor';
  host.style.setProperty('--least', `${area.offsetHeight}px`);
  area.after(host);
  const told = (update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const state = EditorState.create({ doc: area.value, extensions: [...common(area), ...(area.readOnly ? reading : writing(area)), EditorView.updateListener.of(told)] });
  // In a shadow root CodeMirror adopts its style sheets; in the page it would write a style element, which the policy forbids.
  const root = host.attachShadow({ mode: 'open' });
  const view = new EditorView({ state, parent: root, root });
  area.hidden = true;
  return view;
}

const common = (area) => [
  lineNumbers(),
  highlightSpecialChars(),
  syntaxHighlighting(colours),
  yaml(),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of((view) => ({
    'aria-label': area.labels[0].textContent,
    'aria-describedby': 'keys',
    autocapitalize: 'off',
    ...(diagnosticCount(view.state) > 0 && { 'aria-invalid': 'true' }),
  })),
  look,
];

const reading = [EditorState.readOnly.of(true)];

const writing = (area) => [
  history(),
  bracketMatching(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  lintGutter(),
  indentUnit.of('  '),
  EditorState.tabSize.of(2),
  EditorView.domEventHandlers({ beforeinput: replaceMarked }),
  showPanel.of(() => ({ dom: hint(area.dataset.keys) })),
  keymap.of([{ key: 'F8', run: nextDiagnostic }, indentWithTab, ...defaultKeymap, ...historyKeymap]),
];

/** What is typed over a marked text: left to the browser, it would keep the old look by a style attribute, which the policy forbids. */
function replaceMarked(event, view) {
  if (event.inputType !== 'insertText' || !event.data || view.composing || view.state.selection.main.empty) return false;
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

function hint(text) {
  const line = document.createElement('p');
  line.id = 'keys';
  line.className = 'keys';
  line.textContent = text;
  return line;
}

/** Mark what the preview says is wrong, and let each problem lead to its place. */
function mark(view, preview) {
  const found = [...preview.querySelectorAll('[data-problem]')].map((problem) => ({ problem, place: placeIn(view.state.doc, problem.dataset) })).filter(({ place }) => place);
  const marks = found.map(({ problem, place }) => ({ ...place, severity: 'error', message: problem.dataset.problem }));
  view.dispatch(setDiagnostics(view.state, marks));
  for (const { problem, place } of found) offerWay(view, problem.querySelector('[data-lead]'), place);
}

/** `{from, to}` by the line that the server names, else by the pointer. */
function placeIn(doc, { line, at }) {
  if (line) {
    const { from, to } = doc.line(Math.min(Number(line), doc.lines));
    return { from, to };
  }
  return at ? placeOf(doc.toString(), at) : null;
}

function offerWay(view, button, { from }) {
  button.textContent = button.dataset.lead.replace('{n}', view.state.doc.lineAt(from).number);
  button.hidden = false;
  button.addEventListener('click', () => {
    view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
    view.focus();
  });
}

const view = editorOver(document.getElementById('text'));
const preview = document.getElementById('preview');
if (preview) {
  mark(view, preview);
  preview.addEventListener('htmx:afterSwap', () => mark(view, preview));
}
