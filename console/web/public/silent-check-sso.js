// Tells the page around this frame where the identity provider sent it (keycloak-js, silentCheckSsoRedirectUri).
parent.postMessage(location.href, location.origin);
