import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core';
import { type ReactNode, useId } from 'react';

interface SectionProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A named part of a page. */
export function Section({ title, actions, children }: SectionProps): ReactNode {
  const id = useId();
  return (
    <Card component="section" aria-labelledby={id}>
      <CardHeader {...(actions === undefined ? {} : { actions: { actions, hasNoOffset: true } })}>
        <CardTitle component="h2" id={id}>
          {title}
        </CardTitle>
      </CardHeader>
      <CardBody>
        <div className="civitas-stack">{children}</div>
      </CardBody>
    </Card>
  );
}
