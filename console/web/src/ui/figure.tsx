import type { ReactNode } from 'react';

/** One number with its name. */
export function Figure({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <div>{label}</div>
      <div className="civitas-figure">{children}</div>
    </div>
  );
}
