/** Does work that could rest between its steps without a rest. */
export function runSteps<T>(steps: Iterator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
