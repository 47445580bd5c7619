"""Why a pod finds no node, and which nodes are alike."""
