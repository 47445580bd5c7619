"""What add-ons say of themselves: Argo CD, Flux, certificates, usage."""
