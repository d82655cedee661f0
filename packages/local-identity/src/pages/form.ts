import { type Html, html } from './html.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'password';
  readonly autocomplete: string;
  readonly value?: string;
  readonly hint?: string;
  readonly isFirst?: boolean;
  readonly isWrong?: boolean;
  readonly inputMode?: 'numeric';
}

export interface Form {
  readonly action: string;
  /** Proof that the form was made for this browser. */
  readonly token: string;
  readonly fault: string | undefined;
  readonly fields: readonly Field[];
  /** Whose password it is, where no field says so: for password managers. */
  readonly account?: string;
  readonly submit: string;
  /** Name and label of a second button. */
  readonly other?: { readonly value: string; readonly label: string };
}

function fieldMarkup(field: Field): Html {
  const hintId = field.hint === undefined ? undefined : `${field.name}-hint`;
  const describedBy = [hintId, field.isWrong === true ? 'fault' : undefined].filter((id) => id !== undefined).join(' ');
  return html`<div class="field">
<label for="${field.name}">${field.label}</label>
<input id="${field.name}" name="${field.name}" type="${field.type}" value="${field.value}" autocomplete="${field.autocomplete}" required${
    field.isFirst === true && html` autofocus`
  }${field.inputMode !== undefined && html` inputmode="${field.inputMode}"`}${
    field.type === 'text' && html` autocapitalize="none" spellcheck="false"`
  }${describedBy !== '' && html` aria-describedby="${describedBy}"`}${field.isWrong === true && html` aria-invalid="true"`}>
${hintId !== undefined && html`<p class="hint" id="${hintId}">${field.hint}</p>`}
</div>`;
}

/** A form with its fault above it, read out at once. */
export function formMarkup(form: Form): Html {
  return html`${form.fault !== undefined && html`<p class="fault" id="fault" role="alert">${form.fault}</p>`}
<form method="post" action="${form.action}">
<input type="hidden" name="form" value="${form.token}">
${form.account !== undefined && html`<input type="text" name="account" value="${form.account}" autocomplete="username" readonly hidden>`}
${form.fields.map(fieldMarkup)}
<div class="buttons">
<button type="submit" name="verb" value="go">${form.submit}</button>
${form.other !== undefined && html`<button type="submit" class="second" name="verb" value="${form.other.value}" formnovalidate>${form.other.label}</button>`}
</div>
</form>`;
}
