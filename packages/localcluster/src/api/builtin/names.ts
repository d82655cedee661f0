import { type ApiObject, isObject, type Json, objectAt } from '../json.ts';
import { annotationsBytesMax } from '../limits.ts';
import { type FieldError, fieldForbidden, invalidValue, required } from '../status-error.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Kinds whose names are DNS labels (63 letters, no dots); RBAC names are path segments; the rest are DNS subdomains. */
const labelNamed = new Set(['Namespace', 'Service']);

export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && label.test(text);
}

function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

function nameProblem(name: string, kind: string, group: string): string | undefined {
  if (group === 'rbac.authorization.k8s.io')
    return /^\.{1,2}$|[/%]/.test(name) ? "may not contain '/' or '%', nor be '.' or '..'" : undefined;
  if (labelNamed.has(kind)) return isDnsLabel(name) ? undefined : labelRule;
  return isDnsSubdomain(name) ? undefined : subdomainRule;
}

/** Checks name, labels, annotations, finalizers and owners, as the real server does for every object. */
export function validateMetadata(object: ApiObject, type: { kind: string; group: string }): FieldError[] {
  const { metadata } = object;
  if (metadata.name === '') return [required('metadata.name', 'name or generateName is required')];
  const errors: FieldError[] = [];
  const problem = nameProblem(metadata.name, type.kind, type.group);
  if (problem !== undefined) errors.push(invalidValue('metadata.name', metadata.name, problem));
  for (const [key, value] of Object.entries(objectAt(object, 'metadata', 'labels'))) {
    if (!isQualifiedKey(key)) errors.push(invalidValue('metadata.labels', key, keyRule));
    if (typeof value !== 'string') errors.push(invalidValue('metadata.labels', value, 'must be a string'));
    else if (value !== '' && (value.length > 63 || !qualifiedName.test(value)))
      errors.push(invalidValue('metadata.labels', value, valueRule));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(objectAt(object, 'metadata', 'annotations'))) {
    if (!isQualifiedKey(key.toLowerCase())) errors.push(invalidValue('metadata.annotations', key, keyRule));
    if (typeof value !== 'string') errors.push(invalidValue('metadata.annotations', value, 'must be a string'));
    else bytes += key.length + Buffer.byteLength(value);
  }
  if (bytes > annotationsBytesMax) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${annotationsBytesMax} bytes`,
    });
  }
  errors.push(...validateFinalizers(object), ...validateOwners(object));
  return errors;
}

function isQualifiedKey(key: string): boolean {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  return parts.length <= 2 && name.length <= 63 && qualifiedName.test(name) && (prefix === undefined || isDnsSubdomain(prefix));
}

// The last one is what the server itself puts on definitions of kinds; their validation asks for no slash.
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion', 'customresourcecleanup.apiextensions.k8s.io']);

function validateFinalizers(object: ApiObject): FieldError[] {
  const finalizers: Json = object.metadata.finalizers ?? [];
  if (!Array.isArray(finalizers)) return [invalidValue('metadata.finalizers', finalizers, 'must be a list')];
  return finalizers.flatMap((name, index) =>
    typeof name === 'string' && isQualifiedKey(name) && (name.includes('/') || standardFinalizers.has(name))
      ? []
      : [invalidValue(`metadata.finalizers[${index}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')],
  );
}

function validateOwners(object: ApiObject): FieldError[] {
  const owners: Json = object.metadata.ownerReferences ?? [];
  if (!Array.isArray(owners)) return [invalidValue('metadata.ownerReferences', owners, 'must be a list')];
  const errors = owners.flatMap((owner, index) =>
    ['apiVersion', 'kind', 'name', 'uid'].flatMap((field) =>
      isObject(owner) && typeof owner[field] === 'string' && owner[field] !== ''
        ? []
        : [required(`metadata.ownerReferences[${index}].${field}`, `${field} must not be empty`)],
    ),
  );
  const controllers = owners.filter((owner) => isObject(owner) && owner['controller'] === true).length;
  if (controllers > 1) errors.push(invalidValue('metadata.ownerReferences', owners, 'Only one reference can have Controller set to true'));
  return errors;
}

/** Identity never changes, and an object being deleted takes no new finalizers. */
export function validateMetadataUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const errors: FieldError[] = [];
  if (old.metadata.deletionTimestamp !== undefined) {
    const added = (object.metadata.finalizers ?? []).filter((name) => !(old.metadata.finalizers ?? []).includes(name));
    if (added.length > 0) {
      errors.push(
        fieldForbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
        ),
      );
    }
  }
  return errors;
}
