/**
 * Logto's steps with a config between its form and its database, restated: the Console's form
 * (`packages/console/src/utils/connector-form.ts`) and the core's routes for connectors.
 */

import assert from 'node:assert/strict';

import { validateConfig } from '@logto/connector-kit';
import cleanDeep from 'clean-deep';

/** The form at its beginning. Without a config, on creation, it has the default values. */
export function initialForm(formItems, config) {
  return Object.fromEntries(
    formItems.map(({ key, type, defaultValue }) => {
      const stored = config?.[key] ?? (type === 'Json' ? {} : undefined) ?? (type === 'MultiSelect' ? [] : undefined);
      const value = config ? stored : defaultValue;
      return [key, type === 'Json' ? JSON.stringify(value, null, 2) : value];
    }),
  );
}

/** The keys of fields that the Console marks red, and does not submit. */
export function invalidFields(formItems, form) {
  return formItems
    .filter(({ key, type, required }) => {
      const value = form[key];
      if (required && (value === undefined || value === '' || value === null)) return true;
      return type === 'Json' && !(typeof value === 'string' && parsed(value) !== undefined);
    })
    .map(({ key }) => key);
}

/** The config that a form becomes. Later versions keep empty texts when they save, so that they replace what is stored. */
export function submitted(formItems, form, keepFalsy = false) {
  const entries = Object.entries(form).flatMap(([key, value]) => {
    if (!keepFalsy && value === '') return [];
    const item = formItems.find((candidate) => candidate.key === key);
    if (!item) return [];
    // The input of a number is NaN when it is empty, if the browser made a number of it, and else a text.
    if (item.type === 'Number') return Number.isNaN(value) ? [] : [[key, Number(value)]];
    if (item.type === 'Json') return [[key, (typeof value === 'string' ? parsed(value) : undefined) ?? {}]];
    return [[key, value]];
  });
  return Object.fromEntries(entries);
}

/**
 * How versions of the Console save on the details page: the form alone, or over what is stored, so that nothing of other
 * forms is lost, with empty texts or without what is falsy.
 */
export const SAVES = {
  replacing: (formItems, form) => submitted(formItems, form),
  keeping: (formItems, form, stored) => ({ ...stored, ...submitted(formItems, form, true) }),
  merging: (formItems, form, stored) =>
    Object.fromEntries(Object.entries({ ...stored, ...submitted(formItems, form, true) }).filter(([, value]) => value)),
};

/** `POST` and `PATCH /api/connectors`: the guard first, and then what is stored. */
export function save(connector, config) {
  const received = overTheWire(config);
  validateConfig(received, connector.configGuard);
  return cleanDeep(received);
}

/** `POST /api/connectors/:factoryId/test`. */
export function testSend(connector, config, phone) {
  return connector.sendMessage({ to: phone, type: 'Generic', payload: { code: '000000' } }, overTheWire(config));
}

/** JSON has no `undefined` and no NaN: the one is gone, and the other null. */
function overTheWire(config) {
  return JSON.parse(JSON.stringify(config));
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    assert.notEqual(value, undefined);
    return value;
  } catch {
    return undefined;
  }
}
