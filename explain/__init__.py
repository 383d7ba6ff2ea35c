"""From heat to causes: objects, actions, tubes, heat in boxes, labels, ranked causes, the report."""
