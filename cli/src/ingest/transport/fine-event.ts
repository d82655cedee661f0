/** Activities of the fine life cycle, as the log names them. */
export const ACTIVITIES = [
  'Create Fine',
  'Send Fine',
  'Insert Fine Notification',
  'Add penalty',
  'Payment',
  'Insert Date Appeal to Prefecture',
  'Send Appeal to Prefecture',
  'Receive Result Appeal from Prefecture',
  'Notify Result Appeal to Offender',
  'Appeal to Judge',
  'Send for Credit Collection',
] as const;

export type Activity = (typeof ACTIVITIES)[number];

/** One row of the log that passed the checks. */
export interface FineEvent {
  readonly file: string;
  /** 1-based line where the row starts. */
  readonly line: number;
  readonly caseId: string;
  readonly activity: Activity;
  /** Offset among rows of the same case, activity and day: 0 unless a payment came twice on one day. */
  readonly occurrence: number;
  readonly atUnixMs: number;
  /** YYYY-MM-DD as the row says, in its own zone. */
  readonly day: string;
  /** In minor units of the log's currency: the fine, or the fine with its penalty. */
  readonly amountMinor?: number;
  readonly expenseMinor?: number;
  readonly paymentMinor?: number;
  readonly article?: string;
  readonly points?: number;
  readonly vehicleClass?: string;
  readonly officer?: string;
  readonly dismissal?: string;
  readonly notificationType?: string;
  readonly lastSent?: string;
}

/** The rows of one case, in order of time. */
export interface FineCase {
  readonly caseId: string;
  readonly events: readonly FineEvent[];
}
