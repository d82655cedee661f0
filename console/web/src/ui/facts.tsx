import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core';
import type { ReactNode } from 'react';

export type Fact = readonly [term: string, description: ReactNode];

/** Terms with what holds for them; those without a description are left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): ReactNode {
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '12ch', lg: '18ch' }}>
      {facts
        .filter(([, description]) => description !== undefined && description !== '')
        .map(([term, description]) => (
          <DescriptionListGroup key={term}>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{description}</DescriptionListDescription>
          </DescriptionListGroup>
        ))}
    </DescriptionList>
  );
}
