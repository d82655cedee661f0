import { budgetResource } from '../builtin/policy.ts';
import { disruptionOf, matchesBudget } from '../disruption.ts';
import { type ApiObject, cloneJson, type JsonObject, objectAt } from '../json.ts';
import { storeNameOf } from '../resource.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

/** Keeps the status of PodDisruptionBudgets: how many pods may go now. */
export function runDisruption(context: ControllerContext): () => void {
  const { store } = context;
  const budgets = storeNameOf(budgetResource);
  const unsubscribePods = store.subscribe('/pods', (event) => {
    for (const budget of store.listHead(budgets, event.object.metadata.namespace))
      if (matchesBudget(budget, event.object)) settle(context, budget);
  });
  const unsubscribeBudgets = store.subscribe(budgets, (event) => {
    const budget = store.findHead(budgets, event.object.metadata.namespace, event.object.metadata.name);
    if (budget !== undefined && event.type !== 'DELETED') settle(context, budget);
  });
  return () => {
    unsubscribePods();
    unsubscribeBudgets();
  };
}

function settle(context: ControllerContext, budget: ApiObject): void {
  const facts = disruptionOf(budget, context.store.listHead('/pods', budget.metadata.namespace));
  const status = { ...objectAt(budget, 'status'), ...facts, observedGeneration: budget.metadata.generation ?? 1 };
  const write = controllerWrite(budgetResource, budget.metadata.namespace, { subresource: 'status' });
  context.writer.replace(write, budget, {
    ...cloneJson<JsonObject>(budget),
    apiVersion: budget.apiVersion,
    kind: budget.kind,
    metadata: cloneJson(budget.metadata),
    status,
  });
}
