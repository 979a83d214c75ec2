// The look of the form: everything that react-jsonschema-form draws.
import { withTheme } from '@rjsf/core';
import { ArrayFieldItemTemplate, ArrayFieldTemplate } from './arrays.jsx';
import { FieldErrorTemplate, FieldHelpTemplate, FieldTemplate, WrapIfAdditionalTemplate } from './field.jsx';
import { ObjectFieldTemplate } from './objects.jsx';
import { AddButton, BaseInputTemplate, CardsWidget, CheckboxWidget, MoveDownButton, MoveUpButton, RadioWidget, RemoveButton, SelectWidget, TextareaWidget } from './widgets.jsx';

export default withTheme({
  templates: {
    FieldTemplate,
    FieldErrorTemplate,
    FieldHelpTemplate,
    ObjectFieldTemplate,
    WrapIfAdditionalTemplate,
    ArrayFieldTemplate,
    ArrayFieldItemTemplate,
    BaseInputTemplate,
    ButtonTemplates: { AddButton, RemoveButton, MoveUpButton, MoveDownButton, SubmitButton: () => null },
  },
  widgets: { SelectWidget, RadioWidget, CheckboxWidget, TextareaWidget, cards: CardsWidget },
});
