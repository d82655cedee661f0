// keycloak-js asks whether cookies work inside a frame; on one origin they always do.
parent.postMessage('supported', location.origin);
